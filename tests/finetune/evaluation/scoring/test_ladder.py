"""The loss at each rung: exact, shots, noise, and a chip where something runs circuits on one."""

import json

import pytest

from finetune.evaluation.__main__ import main
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.ladder import Climb, ladder_climb
from finetune.evaluation.scoring.score import score
from finetune.evaluation.scoring.subject import run_subject
from finetune.training.circuits.backends import cloud_limits
from quantum.exceptions import JobFailedError
from quantum.sampling.costs import Tariff, sampling_cost
from tests.finetune.evaluation.conftest import QTHA
from tests.finetune.training.circuits.carrier import result_of


class Double:
    """Answers batches by exact sampling, as the contract double of a run's worker does."""

    def __init__(self):
        self.batches = []

    def run(self, batch):
        self.batches.append(batch)
        return result_of(batch)


@pytest.fixture
def climbed(qgs_run):
    def climb(**values):
        subject = run_subject(qgs_run, "last", precision="float32")
        results = ladder_climb(subject, qgs_run / "validation.jsonl", Climb(**values))
        return {one["rung"]: one for one in results["rungs"]}

    return climb


def test_each_rung_has_its_loss_and_what_it_took(climbed, qgs_run):
    double = Double()
    rungs = climbed(
        shots=400,
        repeats=2,
        chip=(double, cloud_limits("wukong", {})),
        tariff=Tariff(0.5, "CNY"),
    )
    own = score(run_subject(qgs_run, "last", precision="float32"), qgs_run / "validation.jsonl")
    exact = rungs["exact"]
    assert exact["loss"] == pytest.approx(own["loss"], rel=1e-6)
    assert (exact["circuits"], exact["cost"], exact["above_exact"]) == (0, None, 0)
    for name in ("shots", "noise", "wukong"):
        rung = rungs[name]
        assert rung["run"]
        assert rung["above_exact"] == rung["loss"] - exact["loss"] != 0
        # Two blocks: their starts with 16 times the shots as far as the backend allows, then theirs
        assert rung["circuits"] == 4
        assert rung["batches"] == 2
        started = min(16 * 400, cloud_limits("wukong", {}).max_shots if name == "wukong" else 6400)
        assert rung["shots"] == 2 * started + 2 * 400
        costs = [sampling_cost(2, shots, tariff=Tariff(0.5, "CNY")) for shots in (started, 400)]
        assert rung["machine_seconds"][1] == pytest.approx(sum(one.seconds[1] for one in costs))
        assert rung["cost"] == pytest.approx(sum(one.money for one in costs))
        assert len(rung["dialogues"]) == 8
    assert len(set(rungs["shots"]["losses"])) == 2
    assert "model, not hardware" in rungs["noise"]["where"]
    assert [len(batch.circuits) for batch in double.batches] == [2, 2]


def test_more_shots_come_nearer_and_noise_stays_away(climbed):
    few = climbed(rungs=("exact", "shots"), shots=5, repeats=6)["shots"]
    many = climbed(rungs=("exact", "shots", "noise"), shots=200_000)
    spread = [abs(loss - many["exact"]["loss"]) for loss in few["losses"]]
    assert abs(many["shots"]["above_exact"]) < 0.2 * max(spread)
    assert abs(many["noise"]["above_exact"]) > 2 * abs(many["shots"]["above_exact"])


def test_the_chip_is_not_run_without_a_runner_or_where_it_fails(climbed):
    rungs = climbed(rungs=("exact", "wukong"))
    assert rungs["wukong"]["run"] is False
    assert "nothing to run circuits" in rungs["wukong"]["why"]

    class Broken:
        def run(self, batch):
            raise JobFailedError("the task was cancelled")

    rungs = climbed(chip=(Broken(), cloud_limits("wukong", {})))
    assert rungs["wukong"]["why"] == "the task was cancelled"
    assert rungs["noise"]["run"] is True


def test_qtha_is_exact_alone_and_says_what_a_chip_would_take(qtha_run):
    subject = run_subject(qtha_run, "last")
    results = ladder_climb(subject, qtha_run / "validation.jsonl", Climb(), limit=1)
    rungs = {one["rung"]: one for one in results["rungs"]}
    scores = score(subject, qtha_run / "validation.jsonl")
    assert rungs["exact"]["nll"] == pytest.approx(scores["dialogues"][0]["nll"], rel=1e-3)
    assert "one for each token and layer" in rungs["shots"]["why"]
    assert not rungs["noise"]["run"]


def test_noise_on_many_qubits_waits_until_it_is_asked_for(make_trained):
    run = make_trained(adapter="qgs", adapter_options={"n_qubits": 13}, steps=1, eval_every=0)
    results = ladder_climb(
        run_subject(run, "last"), run / "validation.jsonl", Climb(("noise", "shots"), 10), limit=1
    )
    assert "more than 12 qubits" in results["rungs"][0]["why"]
    assert results["rungs"][1]["run"]


def test_without_a_circuit_there_is_no_ladder(make_trained):
    run = make_trained(adapter_options=QTHA | {"variant": "AB"}, steps=2)
    with pytest.raises(EvaluationError, match="no circuit"):
        ladder_climb(run_subject(run, "last"), run / "validation.jsonl")


def test_the_command_climbs(qgs_run, tmp_path, capsys):
    out = tmp_path / "ladder.json"
    arguments = ["score", str(qgs_run), "--data", str(qgs_run / "validation.jsonl"), "--ladder"]
    arguments += ["--out", str(out), "--shots", "100"]
    assert main([*arguments, "--rungs", "exact,shots,wukong"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["exact", "shots", "wukong"]
    assert "not run" in lines[2]
    results = json.loads(out.read_text())
    assert [one["run"] for one in results["rungs"]] == [True, True, False]
    assert main([*arguments, "--rungs", "exact,moon"]) == 1
    assert "no rung 'moon'" in capsys.readouterr().err


def test_the_command_sends_what_was_agreed_to_and_nothing_twice(qgs_run, tmp_path, monkeypatch):
    pytest.importorskip("pyqpanda3")
    from tests.doubles.wukong_cloud import WukongDouble

    monkeypatch.setenv("WUKONG_API_KEY", "a-key-of-the-test")
    out = tmp_path / "ladder.json"
    arguments = ["score", str(qgs_run), "--data", str(qgs_run / "validation.jsonl"), "--ladder"]
    arguments += ["--out", str(out), "--shots", "50", "--rungs", "wukong", "--chip-options"]
    with WukongDouble() as double:
        arguments.append(json.dumps({"url": double.url}))
        assert main([*arguments, "--agree-circuits", "3"]) == 0
        assert "cap" in json.loads(out.read_text())["rungs"][0]["why"]
        for _ in range(2):
            assert main([*arguments, "--agree-circuits", "4"]) == 0
            assert json.loads(out.read_text())["rungs"][0]["circuits"] == 4
        assert set(double.payloads.values()) == {1}
    assert "a-key-of-the-test" not in out.read_text()
    assert main([*arguments[:-1], "[]", "--agree-circuits", "4"]) == 1
