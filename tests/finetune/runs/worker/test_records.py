"""A folder that is older than its rows, gone, or on another way: noticed, said, gone on from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from finetune.exceptions import RunRefused
from finetune.runs.events import EventTail, run_events_copy
from finetune.runs.models import Run, RunEvent
from finetune.runs.worker import hold
from finetune.runs.worker.records import record_match
from finetune.training.exceptions import DamagedLog
from tests.finetune.runs.test_events import line

pytestmark = pytest.mark.django_db


def metrics(seq: int, step: int, loss: float) -> dict[str, Any]:
    return line(seq, step=step, total_steps=9, train_loss=loss, trained_tokens=10 * step)


@pytest.fixture
def run(run_made: Run) -> Run:
    """Held by worker "one", with six lines: a word, an evaluation, steps 1 to 4."""
    claimed = hold.claim(run_made.pk, "one")
    assert claimed
    lines = [
        line(1, "state", state="loading"),
        line(2, "evaluation", step=0, validation_loss=4.0),
        *(metrics(seq, seq - 2, 1 / seq) for seq in range(3, 7)),
    ]
    write(claimed, lines)
    return run_events_copy(claimed.pk, lines)


def write(run: Run, lines: list[dict[str, Any]]) -> None:
    run.folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (run.folder / "events.jsonl").write_text(text)


def read(run: Run) -> list[dict[str, Any]]:
    return EventTail(run.folder / "events.jsonl").read()


def curve(run: Run) -> list[tuple[int, float]]:
    rows = RunEvent.objects.filter(run=run, type="metrics").order_by("seq")
    return [(data["step"], data["train_loss"]) for data in rows.values_list("data", flat=True)]


def said(run: Run) -> str:
    return str(RunEvent.objects.filter(run=run, type="warning").latest("seq").message)


def test_a_folder_that_fits_is_left_alone(run: Run) -> None:
    before = run.last_seq
    assert record_match(run, "one").last_seq == before
    write(run, [*read(run), metrics(7, 5, 0.1)])  # lines that are not copied yet
    assert record_match(run, "one").last_seq == before


def test_an_older_folder_is_gone_on_from(run: Run) -> None:
    write(run, read(run)[:4])  # restored: it knows two steps
    run = record_match(run, "one")
    assert (run.copied_seq, run.step, run.trained_tokens) == (4, 2, 20)
    assert run.latest["base_validation_loss"] == 4.0
    assert "older than its record" in said(run)
    assert "reached step 4" in said(run)
    assert "step 2" in said(run)
    # The trainer says that it resumed, so its steps have other numbers than before.
    write(run, [*read(run), line(5, "state", state="resumed"), metrics(6, 3, 0.5),
                metrics(7, 4, 0.4), metrics(8, 5, 0.3)])  # fmt: skip
    run = run_events_copy(run.pk, read(run))
    assert [step for step, _ in curve(run)] == [1, 2, 3, 4, 5]
    assert curve(run)[2:] == [(3, 0.5), (4, 0.4), (5, 0.3)]
    assert record_match(run, "one").copied_seq == 8


def test_a_folder_that_is_gone_starts_anew(run: Run) -> None:
    (run.folder / "events.jsonl").unlink()
    run = record_match(run, "one")
    assert (run.copied_seq, run.step, curve(run)) == (0, 0, [])
    assert "is gone" in said(run)


def test_a_folder_on_another_way(run: Run) -> None:
    """Restored at step 2, and trained on by hand: as long as the record, but not the same."""
    other = [metrics(seq, seq - 2, 1 / seq + 0.01) for seq in range(5, 9)]
    write(run, [*read(run)[:4], *other])
    run = record_match(run, "one")
    assert (run.copied_seq, run.step) == (4, 2)
    assert "another story" in said(run)
    run = run_events_copy(run.pk, read(run))
    assert [step for step, _ in curve(run)] == [1, 2, 3, 4, 5, 6]


def test_only_the_holder_takes_rows_back(run: Run) -> None:
    write(run, read(run)[:4])
    with pytest.raises(RunRefused):
        record_match(run, "two")
    assert len(curve(run)) == 4


def test_a_damaged_line_is_named(run: Run) -> None:
    with (run.folder / "events.jsonl").open("a") as handle:
        handle.write("{no event\n")
    with pytest.raises(DamagedLog, match="events.jsonl"):
        read(run)
    with pytest.raises(DamagedLog, match="line 7"):
        record_match(run, "one")
