"""The run's folder and its rows in the database: whether they still tell the same story.

A folder that was restored from an older backup ends before the rows do; one that is gone has
nothing; one that somebody trained on by hand goes another way. New lines of the trainer would then
have the numbers of lines that are copied already, and steps would be missing for ever. So before a
trainer starts, both are compared; rows of lines that the folder does not have are taken back, and
the run goes on from what the folder holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from finetune.runs.events import run_absorb
from finetune.runs.models import Run, RunEvent
from finetune.runs.page.samples import same_data
from finetune.runs.transitions import run_log
from finetune.training.log.events import read_events

from .conclusions import locked

Line = dict[str, Any]
# Of `Run.latest`: what the run trains with and on, and what was told of it once and is not again.
KEPT = ("given", "learned_from", "model", "data", "circuit", "troubles")


def record_match(run: Run, lease: str) -> Run:
    """Compare log and rows; where they differ, go back to the last line that both have.

    Raises:
        HoldLost: another worker has taken the run.
        DamagedLog: the log cannot be read.
    """
    if not run.copied_seq:
        return run
    lines = read_lines(run.folder / "events.jsonl")
    common = last_common(run, lines)
    return run if common == run.copied_seq else record_rewind(run, lease, common, len(lines))


def read_lines(path: Path) -> list[Line]:
    return list(read_events(path)) if path.exists() else []


def last_common(run: Run, lines: list[Line]) -> int:
    """Number of the last line up to which log and rows are the same."""
    last = min(run.copied_seq, len(lines))
    rows = RunEvent.objects.filter(run=run, source_seq__isnull=False)
    # Lines only ever follow each other, so one that is the same stands after others that are.
    if last and same(rows.filter(source_seq=last).first(), lines[last - 1]):
        return last
    common = 0
    known = rows.filter(source_seq__lte=last).order_by("source_seq")
    for row, line in zip(known.iterator(chunk_size=500), lines, strict=False):
        if not same(row, line):
            break
        common = line["seq"]
    return common


def same(row: RunEvent | None, line: Line) -> bool:
    return row is not None and (
        (row.source_seq, row.type, row.message) == (line["seq"], line["type"], line["message"])
        and same_data(row.type, row.data, line["data"])
        and abs(row.time.timestamp() - line["time"]) < 0.001
    )


@transaction.atomic
def record_rewind(run: Run, lease: str, common: int, length: int) -> Run:
    """Take back the rows after line `common`, and say so in the run's log."""
    run = locked(run.pk, lease)
    before = run.step
    lost = RunEvent.objects.filter(run=run, source_seq__gt=common)
    count = lost.count()
    lost.delete()
    run.copied_seq = common
    run.step, run.trained_tokens, run.seconds_left, run.result = 0, 0, None, {}
    run.latest = {name: run.latest[name] for name in KEPT if name in run.latest}
    kept = RunEvent.objects.filter(run=run, type__in=("metrics", "evaluation")).order_by("seq")
    for kind, data in kept.values_list("type", "data").iterator(chunk_size=500):
        run_absorb(run, kind, data)
    run.save(
        update_fields=[
            "copied_seq", "step", "trained_tokens", "seconds_left", "result", "latest",
        ]
    )  # fmt: skip
    if not length:
        what = "The run's folder is gone, or its log is"
    elif common == length:
        what = "The run's folder is older than its record: it was probably restored from a backup"
    else:
        what = "The run's folder tells another story than its record"
    data = {"lines_kept": common, "events_taken_back": count, "step_before": before}
    run_log(
        run,
        "warning",
        f"{what}. Its record reached step {before}; {count:,} events that the folder does not have "
        f"were taken back, and the run goes on from what the folder holds, step {run.step}.",
        data,
        level="warn",
    )
    return run
