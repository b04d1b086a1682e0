"""A task of one's own in lm-evaluation-harness: what it scores is what the model says."""

import json

import pytest
import torch

from finetune.evaluation.__main__ import main
from finetune.evaluation.harness import presence
from finetune.evaluation.harness.presence import PACKAGE
from finetune.evaluation.harness.results import harness
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.loading import load_subject
from finetune.evaluation.scoring.subject import run_subject

TASK = """\
task: colours
dataset_path: json
dataset_kwargs:
  data_files:
    test: colours.jsonl
test_split: test
output_type: multiple_choice
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_choice: "{{choices}}"
doc_to_target: label
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""
DOCUMENTS = [
    ("What colour is grass?", ["green", "pink"], 0),
    ("What colour is snow?", ["black", "white"], 1),
    ("What colour is the sky?", ["brown", "blue"], 1),
    ("What colour is coal?", ["black", "yellow"], 0),
]


@pytest.fixture
def tasks(tmp_path):
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "colours.yaml").write_text(TASK)
    rows = [dict(zip(("question", "choices", "label"), row, strict=True)) for row in DOCUMENTS]
    (folder / "colours.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def likeliest(loaded, question, choices):
    """The choice with the highest log likelihood behind the question, without the harness."""
    sums = []
    for choice in choices:
        before = loaded.tokenizer.encode(f"Question: {question}\nAnswer:")
        whole = loaded.tokenizer.encode(f"Question: {question}\nAnswer: {choice}")
        with torch.no_grad():
            chances = loaded.model(torch.tensor([whole])).logits[0].log_softmax(-1)
        places = range(len(before), len(whole))
        sums.append(sum(float(chances[at - 1, whole[at]]) for at in places))
    return max(range(len(choices)), key=sums.__getitem__)


@pytest.mark.parametrize("checkpoint", ["last", "base"])
def test_a_tasks_score_is_what_the_model_says(qtha_run, tasks, checkpoint):
    pytest.importorskip(PACKAGE)
    subject = run_subject(qtha_run, checkpoint, precision="float32")
    found = harness(subject, tasks)["tasks"]["colours"]
    loaded = load_subject(subject)
    right = [int(likeliest(loaded, one, choices) == label) for one, choices, label in DOCUMENTS]
    assert [row["acc"] for row in found["dialogues"]] == right
    assert found["metrics"] == {"acc": pytest.approx(sum(right) / 4)}


def test_the_command_names_what_there_is(qtha_run, tasks, tmp_path, capsys):
    pytest.importorskip(PACKAGE)
    arguments = ["harness", str(qtha_run), "--tasks", str(tasks)]
    assert main([*arguments, "--task", "moons"]) == 1
    assert "there are colours" in capsys.readouterr().err
    out = tmp_path / "harness.json"
    assert main([*arguments, "--limit", "2", "--chat", "--out", str(out)]) == 0
    assert len(json.loads(out.read_text())["tasks"]["colours"]["dialogues"]) == 2


def test_without_the_harness_it_says_how_to_get_it(qtha_run, tasks, monkeypatch):
    monkeypatch.setattr(presence, "PACKAGE", "no_such_package")
    with pytest.raises(EvaluationError, match="requirements-lm-eval"):
        harness(run_subject(qtha_run), tasks)
