"""Numbers taken from texts, problems read from published forms, and overlap."""

import doctest
import json
from decimal import Decimal

import pytest

from finetune.evaluation.arithmetic import answers, overlap
from finetune.evaluation.arithmetic.answers import answer_of
from finetune.evaluation.arithmetic.overlap import overlap_of
from finetune.evaluation.arithmetic.problems import problems_read, training_texts
from finetune.evaluation.arithmetic.prompts import REQUEST, messages_of
from finetune.training.exceptions import BadData


def test_the_examples_hold():
    assert doctest.testmod(answers).failed == doctest.testmod(overlap).failed == 0


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Janet makes <<9*2=18>>18 a day.\n#### 18", "18"),
        ("#### 18\n\nQuestion: next one has 5", "18"),
        ("#### $1,234.50 a year", "1234.5"),
        ("#### none, but 7", "7"),
        ("I think it is 40. #### ", "40"),
        ("So 3 + 4 = 7.", "7"),
        ("The answer is 9.8.", "9.8"),
        ("It costs $12,345,678", "12345678"),
        ("There are 1,2 and 3", "3"),
        ("10-3", "3"),
        ("it fell to -3 degrees", "-3"),
        ("it is \u22125", "-5"),
        (r"first \boxed{12} then 99", "12"),
        (r"\boxed{x = 1{,}000} and 4", "4"),
        ("75% of them", "75"),
        ("18 apples", "18"),
        ("答案是 42。", "42"),
        ("答案是\uff14\uff12元。", "42"),
        ("15.0", "15"),
        ("none", None),
        ("", None),
    ],
)  # fmt: skip
def test_answers_in_texts(text, answer):
    assert answer_of(text) == (None if answer is None else Decimal(answer))


def test_published_files_are_read(shared_data):
    gsm = problems_read(shared_data / "gsm8k" / "test.jsonl")
    assert len(gsm) == 1319
    assert (gsm[0].answer, gsm[0].line) == (18, 1)
    assert all(one.answer is not None for one in gsm)
    for name, count in (("AddSub", 395), ("MultiArith", 600)):
        problems = problems_read(shared_data / "arithmetic" / f"{name}.test.json")
        assert len(problems) == count
        assert all(one.answer is not None for one in problems)
        # what the file's own solutions end with is what it calls the answer, with few slips
        same = sum(answer_of(one.solution) == one.answer for one in problems)
        assert same / count > 0.85


def test_dialogues_are_problems_too_and_others_are_refused(tmp_path):
    path = tmp_path / "problems.jsonl"
    turns = [
        {"role": "system", "content": "Count."},
        {"role": "user", "content": "2 + 2?"},
        {"role": "assistant", "content": "That is 4."},
    ]
    path.write_text(json.dumps({"messages": turns}) + "\n")
    (problem,) = problems_read(path)
    assert (problem.question, problem.answer, problem.solution) == ("2 + 2?", 4, "That is 4.")
    for text in ('{"what": 1}\n', "{broken", "", '[{"question": 1, "answer": 2}]'):
        path.write_text(text)
        with pytest.raises(BadData):
            problems_read(path)


def test_overlap_finds_the_same_words_and_the_same_but_for_numbers(tmp_path):
    path = tmp_path / "problems.jsonl"
    questions = ["Tom had 5 apples. He ate 2.", "Ann has 3 pens.", "Something else with 7 dogs"]
    path.write_text(
        "".join(json.dumps({"question": one, "answer": "#### 1"}) + "\n" for one in questions)
    )
    train = tmp_path / "train.json"
    train.write_text(
        json.dumps(
            [
                {"instruction": "tom had 5 apples . He ate 2 . ", "output": "3", "answer": "3"},
                {"instruction": "Ann has 1,250 pens", "output": "", "answer": "3"},
            ]
        )
    )
    found = overlap_of(problems_read(path), training_texts(train))
    assert found.found == {1: ("text", 1), 2: ("numbers", 2)}
    assert found.facts()["same_text"] == found.facts()["same_but_for_numbers"] == 1


def test_the_trap_of_published_files_is_seen(shared_data):
    """AddSub against itself is all there; GSM8K's test is not in its training file."""
    path = shared_data / "arithmetic" / "AddSub.test.json"
    problems = problems_read(path)
    assert len(overlap_of(problems, training_texts(path)).found) == len(problems)
    gsm = problems_read(shared_data / "gsm8k" / "test.jsonl")
    found = overlap_of(gsm, training_texts(shared_data / "gsm8k" / "train.jsonl"))
    assert len(found.lines("text")) == 0


def test_prompts(tmp_path):
    path = tmp_path / "examples.jsonl"
    path.write_text(json.dumps({"question": "1 + 1?", "answer": "It is 2. #### 2"}) + "\n")
    examples = problems_read(path)
    run = messages_of("run", "2 + 2?", "Be kind.")
    assert [one["role"] for one in run] == ["system", "user"]
    assert messages_of("template", "2 + 2?", "Be kind.") == run[1:]
    assert messages_of("direct", "2 + 2?", "Be kind.")[0]["content"].endswith(REQUEST)
    shot = messages_of("few-shot", "2 + 2?", "Be kind.", examples)
    assert [one["content"] for one in shot] == ["1 + 1?", "It is 2. #### 2", "2 + 2?"]
