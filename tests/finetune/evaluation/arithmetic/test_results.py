"""Strict accuracy of a model that was taught one answer, problem by problem."""

import json

import pytest

from finetune.evaluation.__main__ import main
from finetune.evaluation.arithmetic.results import Terms, arithmetic
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.subject import run_subject
from tests.finetune.training.conftest import folder_made, trained

QUESTIONS = ["What is one and six?", "What is two and five?", "What is 4 and 4?"]


@pytest.fixture(scope="module")
def seven(tmp_path_factory, tiny_model_dir):
    """A run that learns to say a number to everything, in whatever words."""
    folder = folder_made(
        tmp_path_factory.mktemp("seven") / "run", tiny_model_dir, steps=16, learning_rate=0.05,
        adapter="lora", adapter_options={"r": 8}, gradient_accumulation=1, sequence_length=48,
        targets=["q_proj", "v_proj", "o_proj", "down_proj", "up_proj", "gate_proj"],
        system_prompt="", sample_tokens=0, validation_file="",
    )  # fmt: skip
    lines = [
        {"messages": [{"role": "user", "content": question},
                      {"role": "assistant", "content": "7 7 7"}]}
        for question in ("what is one and six", "What is 3 and 5?", "Six and one?", "2 and 5?")
    ]  # fmt: skip
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert trained(folder) == 0
    return folder


def written(path, answers):
    rows = [
        {"question": words, "answer": f"#### {number}"}
        for words, number in zip(QUESTIONS, answers, strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def problems(tmp_path):
    return written(tmp_path / "problems.jsonl", (7, 7, 8))


def test_each_problem_is_right_or_not(seven, problems, tmp_path, capsys):
    out = tmp_path / "arithmetic.json"
    arguments = ["arithmetic", str(seven), "--data", str(problems), "--checkpoint", "last"]
    assert main([*arguments, "--tokens", "6", "--out", str(out)]) == 0
    said = [row["given"] for row in json.loads(out.read_text())["dialogues"]]
    assert None not in said, "it has learned to say numbers"
    written(problems, (f"{said[0]}.0", said[1], f"1{said[2]}"))
    capsys.readouterr()
    assert main([*arguments, "--tokens", "6", "--out", str(out)]) == 0
    results = json.loads(out.read_text())
    assert [row["given"] for row in results["dialogues"]] == said
    assert [row["right"] for row in results["dialogues"]] == [1, 1, 0]
    assert results["accuracy"] == pytest.approx(2 / 3)
    assert (results["right"], results["tokens"]) == (2, 3)
    assert [row["overlap"] for row in results["dialogues"]] == ["text", None, "numbers"]
    assert results["accuracy_without_overlap"] == 1
    printed = capsys.readouterr().out
    assert "2 of 3 right, 66.7%" in printed
    assert "1 of the problems word for word and 1 with other numbers" in printed


def test_the_base_knows_nothing(seven, problems):
    results = arithmetic(run_subject(seven, "base"), problems, Terms(longest=6))
    assert results["right"] == 0
    assert len(results["dialogues"]) == 3


def test_few_shot_needs_examples(seven, problems):
    subject = run_subject(seven, "last")
    with pytest.raises(EvaluationError, match="--examples"):
        arithmetic(subject, problems, Terms(prompt="few-shot"))
    results = arithmetic(
        subject, problems, Terms(prompt="few-shot", examples=problems, shots=2, longest=8, limit=1)
    )
    assert (results["shots"], len(results["dialogues"])) == (2, 1)
