"""Imported cases put to a trained model: passed, failed, not judged."""

import json

import pytest

from finetune.evaluation.__main__ import main
from finetune.evaluation.imported.results import imported
from finetune.evaluation.scoring.subject import run_subject


def test_the_command_says_what_passed_and_what_was_not_judged(qtha_run, tmp_path, capsys):
    path = tmp_path / "promptfooconfig.yaml"
    question = "Day 3, hour 0: I am tired."
    tests = [
        {"vars": {"q": question}, "assert": [{"type": "regex", "value": "(?s).*"}]},
        {"vars": {"q": question}, "assert": [{"type": "equals", "value": "nobody says this"}]},
        {"vars": {"q": question}, "assert": [{"type": "llm-rubric", "value": "polite"}]},
    ]
    path.write_text(json.dumps({"prompts": ["{{q}}"], "tests": tests}))  # JSON is YAML, too
    out = tmp_path / "imported.json"
    arguments = ["imported", str(qtha_run), "--data", str(path), "--tokens", "4"]
    assert main([*arguments, "--out", str(out)]) == 0
    results = json.loads(out.read_text())
    assert [(row["right"], row["tokens"]) for row in results["dialogues"]] == [
        (1, 1),
        (0, 1),
        (0, 0),
    ]
    assert results["accuracy"] == 0.5
    assert results["unjudged"] == {"llm-rubric": 1}
    printed = capsys.readouterr().out
    assert "1 of 2 cases passed" in printed
    assert "llm-rubric (1)" in printed


@pytest.mark.parametrize("own", [True, False])
def test_the_runs_system_prompt_stands_there_where_it_is_asked_for(
    qtha_run, tmp_path, own, monkeypatch
):
    seen = []
    from finetune.evaluation.imported import results

    real = results.prompt_ids

    def prompt_ids(chat, messages, *more):
        seen.append([one["role"] for one in messages])
        return real(chat, messages, *more)

    monkeypatch.setattr(results, "prompt_ids", prompt_ids)
    path = tmp_path / "samples.jsonl"
    path.write_text(json.dumps({"input": "Hello", "ideal": "Hi"}) + "\n")
    imported(run_subject(qtha_run), path, longest=2, run_prompt=own)
    assert seen == [["system", "user"] if own else ["user"]]
