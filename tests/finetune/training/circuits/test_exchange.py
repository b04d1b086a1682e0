"""The folder between a trainer and whoever runs its circuits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.training.circuits.exchange import BATCH, ERROR, RESULT, FolderRunner, write
from finetune.training.exceptions import QuantumFailed
from finetune.training.log.failures import explain
from finetune.training.supervision import StopRequested, Supervision
from quantum.backends.base import Batch, Result
from quantum.circuits.circuit import Circuit, Operation

CIRCUIT = Circuit(2, (Operation("ry", (0,), 0.3), Operation("cz", (0, 1))))


@pytest.fixture
def batch() -> Batch:
    return Batch((CIRCUIT, CIRCUIT), shots=10, seed=3)


@pytest.fixture
def runner(tmp_path: Path) -> FolderRunner:
    supervision = Supervision(tmp_path / "control", detached=True)
    return FolderRunner(tmp_path / "quantum", supervision)


def answer(runner: FolderRunner, batch: Batch, counts: int = 2) -> None:
    result = Result(tuple({"00": 7, "01": 3} for _ in range(counts)))
    write(runner.folder / f"{batch.fingerprint()}{RESULT}", result.to_json())


def later(seconds: float, what: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


def test_it_asks_once_and_waits_for_the_counts(runner: FolderRunner, batch: Batch) -> None:
    told: list[str] = []
    runner._told = lambda asked, fingerprint: told.append(fingerprint)
    timer = later(0.3, lambda: answer(runner, batch))
    assert runner.run(batch).counts[1] == {"00": 7, "01": 3}
    timer.join()
    assert runner.waiting_for is None
    assert runner.seconds_waited > 0.2
    asked = runner.folder / f"{batch.fingerprint()}{BATCH}"
    assert Batch.from_json(asked.read_text()) == batch
    before = asked.stat().st_mtime_ns
    assert runner.run(batch).counts == runner.run(batch).counts
    assert asked.stat().st_mtime_ns == before
    assert told == [batch.fingerprint()]
    assert not list(runner.folder.glob("*.part"))


@pytest.mark.parametrize("request_", ["cancel", "pause"])
def test_a_request_ends_the_wait_and_leaves_the_batch(
    runner: FolderRunner, batch: Batch, request_: str
) -> None:
    timer = later(0.2, lambda: write(runner.folder.parent / "control", request_) and None)
    started = time.monotonic()
    with pytest.raises(StopRequested):
        runner.run(batch)
    timer.join()
    assert time.monotonic() - started < 2
    assert runner.waiting_for == batch.fingerprint()
    assert (runner.folder / f"{batch.fingerprint()}{BATCH}").exists()


def test_a_trainer_that_comes_back_takes_the_answer(runner: FolderRunner, batch: Batch) -> None:
    write(runner.folder.parent / "control", "pause")
    with pytest.raises(StopRequested):
        runner.run(batch)
    answer(runner, batch)
    again = FolderRunner(runner.folder, Supervision(runner.folder / "none", detached=True))
    assert len(again.run(batch).counts) == 2
    assert len(list(runner.folder.glob(f"*{BATCH}"))) == 1


def test_old_answers_are_removed_and_open_questions_stay(
    runner: FolderRunner, batch: Batch, tmp_path: Path
) -> None:
    other = Batch((CIRCUIT,), shots=5)
    for one in (batch, other):
        write(runner.folder / f"{one.fingerprint()}{BATCH}", one.to_json())
    answer(runner, batch)
    runner.prune(time.time() - 60)
    assert len(list(runner.folder.iterdir())) == 3
    runner.prune(time.time() + 60)
    assert [path.name for path in runner.folder.iterdir()] == [f"{other.fingerprint()}{BATCH}"]


def test_an_error_is_told_with_its_hint(runner: FolderRunner, batch: Batch) -> None:
    said = {"kind": "cap", "message": "The run's limit is reached.", "hint": "Take fewer shots."}
    write(runner.folder / f"{batch.fingerprint()}{ERROR}", json.dumps(said))
    with pytest.raises(QuantumFailed, match="limit is reached") as failed:
        runner.run(batch)
    failure = explain(failed.value, runner.folder)
    assert (failure.kind, failure.hint) == ("quantum", "Take fewer shots.")


def test_autograd_may_wrap_it(runner: FolderRunner) -> None:
    wrapped = RuntimeError("in backward")
    wrapped.__cause__ = QuantumFailed("The job failed.", hint="Look at it.")
    failure = explain(wrapped, runner.folder)
    assert (failure.message, failure.hint) == ("The job failed.", "Look at it.")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"counts": 3}'])
def test_an_answer_that_cannot_be_read_is_told(
    runner: FolderRunner, batch: Batch, text: str
) -> None:
    write(runner.folder / f"{batch.fingerprint()}{RESULT}", text)
    with pytest.raises(QuantumFailed, match="cannot be read"):
        runner.run(batch)


def test_a_short_answer_is_refused(runner: FolderRunner, batch: Batch) -> None:
    answer(runner, batch, counts=1)
    with pytest.raises(QuantumFailed, match="counts of 1 circuits; 2 were asked for"):
        runner.run(batch)
