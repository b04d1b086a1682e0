"""What the first process makes of the others: who failed first, who was ended, who is silent."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finetune.training.devices import launch
from finetune.training.devices.launch import Lost, Others
from finetune.training.exceptions import DeviceDied, DeviceFailed
from finetune.training.log.failures import explain
from finetune.training.supervision import DEVICES, HEARTBEAT

Start = Callable[..., Others]
STAYS = "sleep 60"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start other processes, each of which carries out a line of shell."""
    started: list[Others] = []

    def made(*lines: str, stuck: Callable[[Lost], None] = lambda lost: None) -> Others:
        cases = "".join(f"{rank}) {line};;\n" for rank, line in enumerate(lines, 1))
        script = tmp_path / "other"
        script.write_text(f'#!/bin/sh\ncd "$3/{DEVICES}"\ncase "$7" in\n{cases}esac\n')
        script.chmod(0o700)
        monkeypatch.setattr("sys.executable", str(script))
        started.append(Others(tmp_path, len(lines) + 1, stuck))
        return started[-1]

    yield made
    for others in started:
        others.end()


def failing(rank: int, at: float, message: str) -> str:
    report = {"time": at, "kind": "out_of_memory", "message": message, "changes": {"batch_size": 2}}
    return f"echo '{json.dumps(report)}' > {rank}.json; exit 1"


def lost_of(others: Others, count: int) -> Lost | None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        others.lost()
        if sum(one.returncode is not None for one in others._processes.values()) >= count:
            break
        time.sleep(0.02)
    return others.lost()


def test_the_one_that_failed_first_is_told(start: Start, tmp_path: Path) -> None:
    lost = lost_of(start(failing(1, 2.0, "nobody answers"), failing(2, 1.0, "no memory")), 2)
    assert isinstance(lost, DeviceFailed)
    failure = explain(lost, tmp_path)
    assert failure.message == "no memory"
    assert failure.kind == "out_of_memory"
    assert failure.changes == {"batch_size": 2}


def test_what_was_ended_comes_before_what_failed_for_it(start: Start) -> None:
    lost = lost_of(start(failing(1, 1.0, "nobody answers"), "kill -9 $$"), 2)
    assert isinstance(lost, DeviceDied)
    assert (lost.device, lost.number) == (3, 9)


def test_one_that_says_nothing(start: Start) -> None:
    lost = lost_of(start("exit 4"), 1)
    assert "device 2 ended with exit code 4" in str(lost)


def test_one_that_is_done_or_at_work_is_not_lost(start: Start) -> None:
    assert lost_of(start("exit 0", STAYS), 1) is None


def test_who_waits_for_the_dead_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "GRACE_SECONDS", 0.1)
    told = threading.Event()
    start("kill -9 $$", STAYS, stuck=lambda lost: told.set())
    assert told.wait(60)


def test_a_silent_one_silences_the_run(start: Start, tmp_path: Path) -> None:
    others = start(STAYS)
    assert others.beat()  # it has just been started
    heartbeat = tmp_path / DEVICES / "1" / HEARTBEAT
    heartbeat.parent.mkdir()
    heartbeat.touch()
    others._started -= 1000
    assert others.beat()
    long_ago = time.time() - 100
    os.utime(heartbeat, (long_ago, long_ago))
    assert not others.beat()


def test_at_the_end_none_is_left(start: Start) -> None:
    others = start(STAYS)
    others.end()
    assert all(one.returncode is not None for one in others._processes.values())
    assert not others.meeting.exists()
