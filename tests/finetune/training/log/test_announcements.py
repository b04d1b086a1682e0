"""Nothing of the data is dropped in silence: the log and the result say what became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.training.dialogues.data import Loaded
from finetune.training.log.events import Event, read_events
from tests.finetune.conftest import dialogue
from tests.finetune.training.conftest import Make

SHORT = {"adapter": "lora", "adapter_options": {"r": 2}, "eval_every": 0, "sample_tokens": 0,
         "batch_size": 2, "gradient_accumulation": 1}  # fmt: skip


def events(folder: Path, kind: str) -> list[Event]:
    return [event for event in read_events(folder / "events.jsonl") if event["type"] == kind]


def dialogues_written(folder: Path, count: int) -> None:
    lines = "".join(json.dumps(dialogue(number)) + "\n" for number in range(count))
    for name in ("train", "validation"):
        (folder / f"{name}.jsonl").write_text(lines)


def test_what_was_left_out_is_counted_with_its_reasons(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune.training.preference import kinds

    real = kinds.load

    def lossy(path: Path, *args: Any, **values: Any) -> Loaded:
        loaded = real(path, *args, **values)
        return Loaded(
            examples=loaded.examples, dialogues=100, skipped=15, truncated=3,
            tokens=loaded.tokens, label_tokens=loaded.label_tokens, looked_at=45, used=30,
            refused=1, changed=2, too_long=7, without_reply=4, unreadable=1, usable_total=67,
            reasons=[f"line {number}: why" for number in range(1, 6)],
        )  # fmt: skip

    monkeypatch.setattr(kinds, "load", lossy)
    folder = make_run(**SHORT, steps=1)
    assert run_here(folder) == 0
    counts = events(folder, "data")[0]["data"]["train"]
    assert {**counts, "tokens": 0, "label_tokens": 0} == {
        "dialogues": 100, "used": 30, "not_needed": 55, "skipped": 15, "refused": 1, "changed": 2,
        "too_long": 7, "without_reply": 4, "unreadable": 1, "truncated": 3,
        "tool_turns": 0, "reasons": [f"line {number}: why" for number in range(1, 6)],
        "tokens": 0, "label_tokens": 0,
    }  # fmt: skip
    assert events(folder, "data")[0]["message"] == (
        "30 dialogues to learn from. The seed chose them; 55 others are not needed."
    )
    warnings = [event for event in events(folder, "warning") if event["data"]["part"] == "train"]
    assert [event["level"] for event in warnings] == ["warn", "warn"]
    assert warnings[0]["message"] == (
        "15 of 100 train dialogues are left out: 1 refused by the chat template; 2 with a reply "
        "that the chat template changes; 7 too long; 4 without a reply to learn; 1 not readable "
        "(96 tokens at most). The first: line 1: why; line 2: why; line 3: why."
    )
    assert "their last turns are left out" in warnings[1]["message"]
    result = events(folder, "result")[0]["data"]["data"]
    assert result == events(folder, "data")[0]["data"]
    assert set(result) == {"train", "validation"}
    # An epoch is a pass over what the whole file has to learn from.
    assert events(folder, "metrics")[0]["data"]["epoch"] == pytest.approx(2 / 67, abs=1e-4)


@pytest.mark.parametrize(("steps", "passes"), [(1, 2 / 6), (3, 1.0), (4, 8 / 6)])
def test_an_epoch_is_of_the_whole_set(
    make_run: Make, run_here: Any, steps: int, passes: float
) -> None:
    """Not of the dialogues that were chosen because the steps need no more."""
    folder = make_run(**SHORT, steps=steps, validation_file="")
    dialogues_written(folder, 6)
    assert run_here(folder) == 0
    metrics = [event["data"] for event in events(folder, "metrics")]
    assert metrics[-1]["epoch"] == pytest.approx(passes, abs=1e-4)
    assert metrics[0]["epoch"] == pytest.approx(2 / 6, abs=1e-4)


def test_nothing_is_said_where_nothing_was_lost(make_run: Make, run_here: Any) -> None:
    folder = make_run(**SHORT, steps=3, sequence_length=256)
    dialogues_written(folder, 6)
    assert run_here(folder) == 0
    assert events(folder, "data")[0]["message"] == "6 dialogues to learn from."
    assert not events(folder, "warning")


@pytest.mark.parametrize(
    ("count", "values"),
    [
        (1, {"steps": 3, "batch_size": 8}),  # a batch larger than the data
        (2, {"steps": 2, "batch_size": 3, "gradient_accumulation": 3}),
        (3, {"steps": 5, "eval_dialogues": 100, "eval_every": 0}),
        (3, {"steps": 1, "eval_every": 1000, "save_every": 1000, "seed": 2**32 - 1}),
    ],
)
def test_small_data_is_enough(
    make_run: Make, run_here: Any, count: int, values: dict[str, Any]
) -> None:
    folder = make_run(**{**SHORT, **values})
    dialogues_written(folder, count)
    assert run_here(folder) == 0
    metrics = [event["data"] for event in events(folder, "metrics")]
    assert [data["step"] for data in metrics] == list(range(1, values["steps"] + 1))
    seen = values["steps"] * values.get("batch_size", 2) * values.get("gradient_accumulation", 1)
    assert metrics[-1]["epoch"] == pytest.approx(seen / count, abs=1e-3)
