"""One step is tried without leaving anything in the run's folder but its answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from finetune.training.config import ANSWER
from finetune.training.forecast.dry_run import dry_run
from finetune.training.supervision import Supervision


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_is_trained_in_stays_as_it_is(make_run: Callable[..., Path]) -> None:
    """Its log above all: a second writer would break its numbers, an early one its beginning."""
    folder = make_run(adapter="lora", adapter_options={"r": 2}, train_file="train.jsonl")
    torn = b'{"seq": 1, "time": 1, "type": "log", "level": "info", "message": "", "data": {}}\n{"'
    (folder / "events.jsonl").write_bytes(torn)  # a trainer is writing it
    before = files(folder)
    supervision = Supervision(folder / "control", detached=True)
    assert dry_run(folder, supervision) == 0
    after = files(folder)
    answer = json.loads(after.pop(str(folder / ANSWER)))
    assert after == before
    assert answer["step_seconds"] > 0
    assert answer["longest_tokens"] >= answer["tokens"] / 2  # two passes a step
