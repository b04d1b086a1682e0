"""Runs whose circuits are sampled: here, outside through the exchange folder, and on from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from finetune.training.circuits.exchange import ERROR, FOLDER, write
from finetune.training.circuits.sampling_plan import sampling_plan
from finetune.training.log.events import read_events
from finetune.training.loop.trainer import RUN_STATE
from finetune.training.settings import RunSettings
from quantum.adapters.qgs.options import chip_couplers
from quantum.backends.base import Batch
from tests.conftest import ROOT
from tests.doubles.wukong_chips import line, patchy_72
from tests.finetune.training.circuits.carrier import Carrier, answer, waiting
from tests.finetune.training.conftest import folder_made, trained

OPTIONS: dict[str, Any] = {"n_qubits": 3, "shots": 40}
SMALL: dict[str, Any] = {
    "adapter": "qgs",
    "adapter_options": OPTIONS,
    "steps": 3,
    "eval_every": 2,
    "save_every": 1,
    "batch_size": 2,
    "gradient_accumulation": 2,
    "eval_dialogues": 2,
    "warmup_ratio": 0.0,
    "sample_tokens": 0,
}
MODULES = [f"model.layers.{n}.self_attn.{name}" for n in (0, 1) for name in ("q_proj", "v_proj")]


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [e["data"] for e in read_events(folder / "events.jsonl") if e["type"] == kind]


def weights(folder: Path) -> dict[str, Any]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def same(left: Path, right: Path) -> bool:
    one, other = weights(left), weights(right)
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def names(carried: list[Batch]) -> set[str]:
    return {batch.fingerprint() for batch in carried}


@pytest.fixture(scope="module")
def whole(
    tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Batch]]:
    """A finished run on the machine, and the batches that were carried for it, in their order."""
    place = tmp_path_factory.mktemp("circuits") / "whole"
    folder = folder_made(place, tiny_model_dir, **SMALL, backend="wukong")
    with Carrier(folder / FOLDER) as carrier:
        assert trained(folder) == 0, of(folder, "error")
    return folder, carrier.batches


@pytest.fixture(scope="module")
def first(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the exact simulator."""
    place = tmp_path_factory.mktemp("circuits") / "first"
    folder = folder_made(place, tiny_model_dir, **SMALL)
    assert trained(folder) == 0, of(folder, "error")
    return folder


def test_a_run_through_the_folder_takes_what_was_foretold(whole: tuple[Path, list[Batch]]) -> None:
    folder, carried = whole
    plan = sampling_plan(RunSettings.from_dict({**SMALL, "backend": "wukong"}), MODULES)
    assert plan is not None
    assert len(carried) == len(names(carried)) == plan.batches
    assert sum(len(batch.circuits) for batch in carried) == plan.circuits
    assert sum(batch.total_shots for batch in carried) == plan.total_shots
    metrics = of(folder, "metrics")
    assert [data["step"] for data in metrics] == [1, 2, 3]
    assert metrics[-1]["circuit_gradient_norm"] > 0
    assert 0 < metrics[-1]["circuits_run"] <= plan.circuits
    assert metrics[-1]["batches_run"] >= 4
    assert 0 < of(folder, "evaluation")[-1]["circuit_entanglement"] < 1
    assert of(folder, "circuit")[0]["backend"] == "wukong"
    assert "Waits for" in next(
        e["message"] for e in read_events(folder / "events.jsonl") if "waiting_for" in e["data"]
    )


@pytest.mark.parametrize(("request_", "code"), [("cancel", 3), ("pause", 4)])
def test_a_stop_while_it_waits_drops_the_step_and_resumes_like_none(
    make_run: Callable[..., Path],
    run_here: Callable[[Path], int],
    whole: tuple[Path, list[Batch]],
    request_: str,
    code: int,
) -> None:
    """The machine falls silent in the second step; the run is stopped, and goes on later."""
    folder = make_run("stopped", **SMALL, backend="wukong")
    done = whole[1].index(step_batch(whole[1], 2))

    def ask() -> None:
        while not (len(carrier.batches) == done and waiting(folder / FOLDER)):
            time.sleep(0.02)
        write(folder / "control", request_)

    with Carrier(folder / FOLDER, most=done) as carrier:
        asking = threading.Thread(target=ask)
        asking.start()
        assert run_here(folder) == code
        asking.join()
    (fingerprint,) = waiting(folder / FOLDER)
    state = json.loads((folder / "checkpoints" / "checkpoint-1" / RUN_STATE).read_text())
    assert state["waiting_for"] == fingerprint
    assert state["step"] == 1
    assert of(folder, "state")[-1]["step"] == 1
    with Carrier(folder / FOLDER) as later:
        assert run_here(folder) == 0, of(folder, "error")
    assert same(folder, whole[0])
    asked = carrier.batches + later.batches
    assert len(asked) == len(whole[1]), "nothing is asked for twice"
    assert names(asked) == names(whole[1])
    assert [data["step"] for data in of(folder, "metrics")] == [1, 2, 3]


def step_batch(asked: list[Batch], number: int) -> Batch:
    """The batch of a step: with the most circuits."""
    most = max(len(batch.circuits) for batch in asked)
    return [batch for batch in asked if len(batch.circuits) == most][number - 1]


def test_a_kill_between_batch_and_result_asks_for_nothing_twice(
    make_run: Callable[..., Path], run_here: Callable[[Path], int], whole: tuple[Path, list[Batch]]
) -> None:
    folder = make_run("killed", **SMALL, backend="wukong")
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    with Carrier(folder / FOLDER, most=2) as carrier:
        trainer = subprocess.Popen(
            [sys.executable, "-m", "finetune.training", str(folder), "--detached"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 90
        while not (len(carrier.batches) == 2 and waiting(folder / FOLDER)):
            assert trainer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        trainer.kill()
        trainer.wait()
    (fingerprint,) = waiting(folder / FOLDER)
    between = answer(folder / FOLDER, fingerprint)
    with Carrier(folder / FOLDER) as later:
        assert run_here(folder) == 0, of(folder, "error")
    asked = [*carrier.batches, between, *later.batches]
    assert len(asked) == len(whole[1]), "nothing is asked for twice"
    assert names(asked) == names(whole[1])
    assert same(folder, whole[0])


def test_a_job_that_failed_is_told_and_the_steps_before_it_are_kept(
    make_run: Callable[..., Path], run_here: Callable[[Path], int]
) -> None:
    folder = make_run("failed", **{**SMALL, "save_every": 100}, backend="wukong")

    def refuse() -> None:
        while not (len(carrier.batches) == 2 and waiting(folder / FOLDER)):
            time.sleep(0.02)
        said = {"kind": "cap", "message": "The run's limit is reached.", "hint": "Fewer shots."}
        name = f"{waiting(folder / FOLDER)[0]}{ERROR}"
        write(folder / FOLDER / name, json.dumps(said))

    with Carrier(folder / FOLDER, most=2) as carrier:  # the start and the first step
        refusing = threading.Thread(target=refuse)
        refusing.start()
        assert run_here(folder) == 1
        refusing.join()
    (error,) = of(folder, "error")
    assert (error["kind"], error["hint"]) == ("quantum", "Fewer shots.")
    assert error["exception"] == "QuantumFailed"
    assert [data["step"] for data in of(folder, "checkpoint")] == [1]


@pytest.mark.parametrize(("backend", "own"), [("aer", {}), ("aer", {"shots": 80})])
def test_it_goes_on_on_another_backend(
    make_run: Callable[..., Path],
    run_here: Callable[[Path], int],
    first: Path,
    backend: str,
    own: dict[str, Any],
) -> None:
    values = {**SMALL, "adapter_options": {**OPTIONS, **own}, "backend": backend}
    second = make_run("second", **values, start_adapter=str(first / "adapter"))
    assert run_here(second) == 0, of(second, "error")
    before, after = of(first, "evaluation")[-1], of(second, "evaluation")[0]
    base = of(first, "evaluation")[0]
    # It starts where the first ended, up to the shots; that is not where the base was.
    moved = abs(before["validation_loss"] - base["validation_loss"])
    assert abs(after["validation_loss"] - before["validation_loss"]) < 0.3 * moved
    counted = of(second, "metrics")[0]
    assert counted["batches_run"] == 3, "the start measured anew, the evaluation, the first step"
    start = weights(first)
    moved_to = weights(second)
    names = [name for name in start if name.endswith("qgs_block.start")]
    assert names or start.keys() == moved_to.keys()
    assert all((start[name] == moved_to[name]).all() for name in names)


def test_it_goes_on_on_the_machine(
    make_run: Callable[..., Path], run_here: Callable[[Path], int], first: Path, tmp_path: Path
) -> None:
    """Through the real SDK, a ledger and the contract double of the cloud."""
    pytest.importorskip("pyqpanda3")
    from quantum.backends.wukong import WukongBackend
    from quantum.jobs.runner import LedgerRunner
    from quantum.jobs.sqlite_ledger import FileLedger
    from tests.doubles.wukong_cloud import WukongDouble

    folder = make_run("second", **SMALL, backend="wukong", start_adapter=str(first / "adapter"))
    with WukongDouble() as double:
        backend = WukongBackend({"url": double.url}, "a-key-of-the-test")
        ledger = FileLedger(tmp_path / "ledger.sqlite3")
        runner = LedgerRunner(backend, ledger, "the run", chip="72", poll_seconds=0.05)
        with Carrier(folder / FOLDER, run=runner.run) as carrier:
            assert run_here(folder) == 0, of(folder, "error")
    settings = RunSettings.from_dict({**SMALL, "backend": "wukong"})
    plan = sampling_plan(settings, MODULES, continued=True)
    assert plan is not None
    assert carrier.batches[0].shots == plan.start.shots == 640
    assert sum(len(batch.circuits) for batch in carrier.batches) == plan.circuits
    assert (
        of(folder, "result")[0]["validation_loss"] < of(first, "evaluation")[0]["validation_loss"]
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"start_adapter": "/nowhere/adapter"}, "no folder"),
        ({"adapter_options": {**OPTIONS, "n_qubits": 4}}, "has shape"),
        ({"targets": ["q_proj"]}, "is not in this run's adapter"),
        ({"adapter": "lora", "adapter_options": {}}, "adapter of kind qgs"),
    ],
)
def test_an_adapter_of_another_shape_is_refused(
    make_run: Callable[..., Path],
    run_here: Callable[[Path], int],
    first: Path,
    values: dict[str, Any],
    words: str,
) -> None:
    second = make_run("second", **{**SMALL, "start_adapter": str(first / "adapter"), **values})
    assert run_here(second) == 2
    assert words in of(second, "error")[0]["trace_tail"]


def test_a_run_on_the_couplers_of_a_chip(
    make_run: Callable[..., Path], run_here: Callable[[Path], int], tmp_path: Path
) -> None:
    """On a patchy chip: the foretold circuits, kept couplers, and going on only with the same."""
    chip = patchy_72()
    options = {**OPTIONS, "n_qubits": 5, "topology": "chip"}
    values = {**SMALL, "steps": 1, "eval_every": 0, "adapter_options": options}
    values |= {"calibration": chip.to_json(), "backend": "wukong"}
    folder = make_run("chip", **values)
    with Carrier(folder / FOLDER) as carrier:
        assert run_here(folder) == 0, of(folder, "error")
    couplers = [list(pair) for pair in chip_couplers(chip, 5)]
    saved = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert saved["couplers"] == couplers
    assert of(folder, "circuit")[0]["gates"]["cz"] == len(couplers)
    plan = sampling_plan(RunSettings.from_dict(values), MODULES)
    assert plan is not None
    assert sum(len(batch.circuits) for batch in carrier.batches) == plan.circuits
    assert plan.joined == 5

    # Another chip with as many couplers among five qubits: the shapes are the same.
    other = line(5)
    assert len(other.live_couplers) == len(couplers)
    assert [list(pair) for pair in other.live_couplers] != couplers
    values |= {"start_adapter": str(folder / "adapter"), "backend": "statevector"}
    moved = make_run("moved", **{**values, "calibration": other.to_json()})
    assert run_here(moved) == 2
    assert "on other couplers" in of(moved, "error")[0]["trace_tail"]
    going_on = make_run("on", **values)
    assert run_here(going_on) == 0, of(going_on, "error")
