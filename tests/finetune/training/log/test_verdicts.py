"""A worse result is called worse, an equal one equal, however small the difference."""

from __future__ import annotations

import doctest
import math
from typing import Any

import pytest

from finetune.training.log import verdicts
from finetune.training.log.events import read_events
from finetune.training.log.verdicts import change_words, verdict
from tests.finetune.training.conftest import Make


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (3.1, 2.779, "better by 0.3210"),
        (2.779, 3.1, "worse by 0.3210"),
        (2.0, 2.00004, "worse by less than 0.0001"),
        (2.0, 1.99996, "better by less than 0.0001"),
        (2.0, math.nextafter(2.0, 3.0), "worse by less than 0.0001"),
        (2.0, math.nextafter(2.0, 0.0), "better by less than 0.0001"),
        (2.0, 2.0001, "worse by 0.0001"),
        (2.0, 2.0, "equal"),
    ],
)
def test_words(before: float, after: float, words: str) -> None:
    assert change_words(before, after) == words
    assert words.startswith(verdict(before, after))


def test_the_examples_hold() -> None:
    assert doctest.testmod(verdicts).failed == 0


@pytest.mark.parametrize("change", [-0.25, 0.00001, 0.0])
def test_the_result_says_it(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch, change: float
) -> None:
    from finetune.training.loop import trainer
    from finetune.training.loop.evaluation import HeldOut

    losses = iter([3.0, 3.0 + change])
    monkeypatch.setattr(trainer, "held_out", lambda *a, **k: HeldOut(next(losses), 0.5, 10))
    folder = make_run(
        adapter="lora", adapter_options={"r": 2}, steps=1, eval_every=0, sample_tokens=0
    )
    assert run_here(folder) == 0
    event = next(e for e in read_events(folder / "events.jsonl") if e["type"] == "result")
    assert event["data"]["verdict"] == verdict(3.0, 3.0 + change)
    assert event["data"]["improvement"] == pytest.approx(-change)
    assert event["message"].endswith(f"after: {change_words(3.0, 3.0 + change)}.")
    assert "-0.0000" not in event["message"]
