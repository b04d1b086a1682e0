"""Scores by dialogue: they add up to what the trainer measured, for every way of naming a model."""

import json
import shutil

import pytest

from finetune.evaluation.__main__ import main
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.score import Options, score
from finetune.evaluation.scoring.subject import base_subject, run_subject
from finetune.training.exceptions import BadData
from quantum.processor import multiplies_bfloat16
from tests.finetune.evaluation.conftest import QGS, QTHA, logged
from tests.finetune.training.conftest import folder_made, trained

AMX = multiplies_bfloat16()
SETTINGS = [
    {"adapter_options": QTHA},
    {"adapter": "qgs", "adapter_options": QGS},
    {"adapter": "lora", "adapter_options": {"r": 2}},
    {"adapter_options": QTHA | {"dropout": 0.2}},  # not in one row
    {"adapter_options": QTHA, "precision": "bfloat16"},
]


def added_up(results):
    nll = sum(one["nll"] for one in results["dialogues"])
    tokens = sum(one["tokens"] for one in results["dialogues"])
    right = sum(one["right"] for one in results["dialogues"])
    return nll / tokens, tokens, right / tokens


@pytest.mark.parametrize("values", SETTINGS, ids=lambda values: json.dumps(values)[:60])
def test_sums_of_dialogues_are_the_trainers_held_out_loss(make_trained, values):
    run = make_trained(**values)
    evaluations = logged(run)
    best = min((data["validation_loss"], step) for step, data in evaluations.items() if step)[1]
    for checkpoint, step in (("best", best), ("last", 12), ("base", 0), ("12", 12)):
        results = score(run_subject(run, checkpoint), run / "validation.jsonl")
        loss, tokens, accuracy = added_up(results)
        there = evaluations[step]
        assert results["model"]["step"] == step
        # In bfloat16 what is read in one row attends in float32, and what is padded does not: with
        # dropout the trainer pads, and the base alone, which drops nothing out, is in one row.
        near = 1e-5 if "dropout" in json.dumps(values) else 2e-6
        assert loss == pytest.approx(there["validation_loss"], rel=near), checkpoint
        assert results["loss"] == pytest.approx(loss, rel=1e-12)
        assert tokens == there["validation_tokens"] == results["tokens"]
        assert accuracy == there["validation_accuracy"] == results["accuracy"]
    assert evaluations[12]["validation_loss"] != pytest.approx(evaluations[0]["validation_loss"])
    assert results["computing"]["threads"] == 1
    assert results["computing"]["precision"] == values.get(
        "precision", results["computing"]["precision"]
    )


def test_each_dialogue_has_its_own_sum(qtha_run, tmp_path):
    """In a batch with others or alone, in any order of the file."""
    lines = (qtha_run / "validation.jsonl").read_text().splitlines()
    subject = run_subject(qtha_run, precision="float32")  # bfloat16 rounds each batch otherwise
    together = score(subject, qtha_run / "validation.jsonl")
    turned = tmp_path / "turned.jsonl"
    turned.write_text("\n".join(reversed(lines)) + "\n")
    alone = score(subject, turned, Options(batch_size=1))
    assert len(together["dialogues"]) == len(lines) == 8
    for one, other in zip(together["dialogues"], reversed(alone["dialogues"]), strict=True):
        assert one["line"] == len(lines) + 1 - other["line"]
        assert one["nll"] == pytest.approx(other["nll"], rel=1e-5)
        assert (one["tokens"], one["right"]) == (other["tokens"], other["right"])
    assert together["data"]["sha256"] != alone["data"]["sha256"]


def test_the_best_step_is_one_whose_weights_are_kept(make_trained, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(make_trained(adapter_options=QTHA), run)
    evaluations = logged(run)
    worst = max((data["validation_loss"], step) for step, data in evaluations.items() if step)[1]
    lines = (run / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    for event in events:  # as if the best step had been pruned: step 8 and 4 are gone
        if event["type"] == "evaluation" and event["data"]["step"] not in (0, 12):
            event["data"]["validation_loss"] = 0.001
    (run / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    for path in run.glob("checkpoints/checkpoint-*"):
        if path.name != "checkpoint-12":
            shutil.rmtree(path)
    subject = run_subject(run, "best")
    assert subject.step == 12
    assert "step 4" in subject.notes[0]
    assert worst in evaluations


def test_a_format_that_is_slow_here_is_told(qtha_run, monkeypatch):
    from finetune.training.computing import precision

    assert run_subject(qtha_run, precision="bfloat16").notes == [] or not AMX
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)
    assert "slower here" in run_subject(qtha_run, precision="bfloat16").notes[0]
    assert run_subject(qtha_run, precision="float32").notes == []


def test_a_base_by_itself_is_the_run_before_its_first_step(qtha_run, tmp_path):
    subject = base_subject(
        json.loads((qtha_run / "config.json").read_text())["base_model"], qtha_run / "config.json"
    )
    out = tmp_path / "scores.json"
    results = score(subject, qtha_run / "validation.jsonl")
    assert results["loss"] == pytest.approx(logged(qtha_run)[0]["validation_loss"], rel=2e-6)
    assert results["model"]["adapter"] is None
    arguments = ["score", "--base", subject.config.base_model, "--config"]
    arguments += [str(qtha_run / "config.json"), "--data", str(qtha_run / "validation.jsonl")]
    assert main([*arguments, "--out", str(out)]) == 0
    assert json.loads(out.read_text())["dialogues"] == results["dialogues"]


def test_what_is_left_out_is_told_with_its_reason(qtha_run, tmp_path):
    good = json.loads((qtha_run / "validation.jsonl").read_text().splitlines()[0])
    silent = {"messages": [{"role": "user", "content": "Hello?"}]}
    long = {"messages": [{"role": "user", "content": "word " * 300}, good["messages"][1]]}
    path = tmp_path / "test.jsonl"
    rows = [silent, good, long]
    path.write_text("\n\n".join(map(json.dumps, rows)) + "\n{broken\n")
    results = score(run_subject(qtha_run), path)
    assert [one["line"] for one in results["dialogues"]] == [3]
    left = {one["line"]: one["kind"] for one in results["data"]["left_out"]}
    assert left == {1: "without_reply", 5: "too_long", 6: "unreadable"}
    assert results["data"]["dialogues"] == 4
    path.write_text(json.dumps(silent) + "\n")
    with pytest.raises(BadData, match="line 1"):
        score(run_subject(qtha_run), path)


def test_the_command_writes_a_file(qtha_run, tmp_path, capsys):
    out = tmp_path / "deep" / "scores.json"
    arguments = ["score", str(qtha_run), "--data", str(qtha_run / "validation.jsonl")]
    assert main([*arguments, "--out", str(out), "--checkpoint", "last", "--limit", "3"]) == 0
    results = json.loads(out.read_text())
    assert results["model"]["step"] == 12
    assert len(results["dialogues"]) == 3
    assert f"loss {results['loss']:.6f}" in capsys.readouterr().out
    assert main([*arguments, "--checkpoint", "7"]) == 1
    assert "best, last, base, or one of" in capsys.readouterr().err
    assert main(["score", str(tmp_path / "nothing"), "--data", str(out)]) == 1
    assert main([]) == 2
    with pytest.raises(SystemExit):
        main(["score", "--data", str(out)])


def test_weights_that_do_not_fit_are_refused(qtha_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(qtha_run, run)
    config = json.loads((run / "config.json").read_text())
    config["adapter_options"]["r"] = 4
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(EvaluationError, match="does not fit"):
        score(run_subject(run, "last"), run / "validation.jsonl")
    torn = run / "adapter" / "adapter_model.safetensors"
    torn.write_bytes(torn.read_bytes()[:-10])
    assert run_subject(run, "12").weights.name == "checkpoint-12"


def test_a_run_that_never_evaluated_has_no_best_step(tmp_path, tiny_model_dir):
    run = folder_made(
        tmp_path / "run", tiny_model_dir, validation_file="", steps=2, adapter_options=QTHA
    )
    with pytest.raises(EvaluationError, match="neither a checkpoint nor"):
        run_subject(run, "best")
    assert trained(run) == 0
    with pytest.raises(EvaluationError, match="--checkpoint last"):
        run_subject(run, "best")
    assert run_subject(run, "last").step == 2
