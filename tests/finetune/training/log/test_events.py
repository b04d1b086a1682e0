"""The log: numbering, torn tails, no doubled points, a full disk."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from finetune.training.exceptions import DamagedLog
from finetune.training.log.events import EventLog, read_events


def test_events_are_numbered_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        assert log.emit("state", "a", {"state": "loading"}) == 1
        assert log.emit("warning", "b", {"x": float("nan"), "y": [float("inf"), 1]}) == 2
        assert [event["seq"] for event in read_events(path)] == [1, 2]  # already on the disk
    first, second = read_events(path)
    assert set(first) == {"seq", "time", "type", "level", "message", "data"}
    assert second["level"] == "warn"
    assert second["data"] == {"x": None, "y": [None, 1]}
    assert [event["seq"] for event in read_events(path, after=1)] == [2]
    assert sorted(item.name for item in tmp_path.iterdir()) == ["events.jsonl"]


@pytest.mark.parametrize("tail", [b'{"seq": 3, "ty', b"\0\0\0\0", b"\0\0\n", b"{}\n", b"garbage\n"])
def test_a_torn_tail_is_cut(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.emit("log", "a")
        log.emit("log", "b")
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with EventLog(path) as log:
        assert path.read_bytes() == whole
        assert log.emit("log", "c") == 3


def test_a_step_is_logged_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.emit("metrics", "x", {"step": 1})
        log.emit("evaluation", "x", {"step": 0, "validation_loss": 2.5})
    with EventLog(path) as log:
        assert log.emit("metrics", "x", {"step": 1}) is None
        assert log.emit("evaluation", "x", {"step": 0, "validation_loss": 9.0}) is None
        assert log.emit("sample", "x", {"step": 1, "index": 0}) == 3
        assert log.emit("sample", "x", {"step": 1, "index": 1}) == 4
        assert log.emit("metrics", "x", {"step": 2}) == 5
        assert log.base_validation_loss == 2.5


def test_a_hole_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        for _ in range(3):
            log.emit("log", "a")
    lines = path.read_bytes().splitlines(keepends=True)
    for damaged in ([lines[0], lines[2]], [lines[0], b"garbage\n", lines[2]], [lines[0]] * 2):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(DamagedLog, match="new folder"):
            EventLog(path)


def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with EventLog(tmp_path / "e") as log, pytest.raises(ValueError, match="known: state"):
        log.emit("gossip", "x")


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.emit("log", "a")

    def full(descriptor: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.emit("state", "b", {"state": "x"})
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1]
    log.free_reserve()
    assert log.emit("error", "the disk is full") == 2
    log.close()
