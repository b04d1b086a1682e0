"""Carrying the further checks out in a worker: the process, how far it is, how it ended.

One data set at a time, by a lock in the data folder: they compute for minutes, and the worker that
carries them out also checks uploads. Whoever ends sends for the next one.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop

from finetune.bases.selectors import bases_ready
from finetune.datasets.models import Dataset
from finetune.exceptions import StudioError, without_paths
from finetune.faults import words_of
from finetune.files import alone
from finetune.outside.child_processes import end, start
from finetune.queue import enqueue, lacks_messages
from finetune.teams.models import Team

from .models import Findings
from .process.order import ORDER, PROGRESS, RESULT, Base, Order, TestSet, progress_read
from .services import measured_with

log = logging.getLogger(__name__)
State = Findings.State
LOOK_SECONDS = 0.5
MESSAGE_LASTS = timedelta(seconds=20)
MOST_ATTEMPTS = 3
QUEUE = "findings"
GIVEN_UP = gettext_noop("Their process was lost three times. Is the server short of memory?")
TOO_OLD = gettext_noop("The file was checked by an earlier version of the studio. Check it again.")


def lock_file() -> Path:
    return Path(settings.DATA_DIR) / "findings.lock"


def findings_make(findings_id: int) -> None:
    """Look at one data set, unless another is being looked at; whoever does that goes on."""
    with alone(lock_file()) as nobody_looks:
        if not nobody_looks:
            return
        made_alone(findings_id)
    waiting = Findings.objects.filter(state=State.WAITING).exclude(pk=findings_id)
    if following := waiting.order_by("queued_at", "id").first():
        enqueue("findings_make", following.pk)


def made_alone(findings_id: int) -> None:
    """Carry one out; a message that comes twice finds nothing to claim."""
    now = timezone.now()
    waiting = Findings.objects.filter(pk=findings_id, state=State.WAITING)
    row = waiting.select_related("dataset__team").first()
    if row is None or not waiting.update(
        state=State.WORKING, started_at=now, attempts=row.attempts + 1, share=0
    ):
        return
    try:
        if row.attempts >= MOST_ATTEMPTS:
            raise StudioError(GIVEN_UP, code="lost")
        result = computed(row, now)
    except StudioError as error:
        finish(row, now, State.FAILED, message=without_paths(error.message))
    except OSError as error:
        finish(row, now, State.FAILED, message=words_of(error))
    else:
        if result is not None:
            finish(row, now, State.DONE, result=result, share=1.0)


def finish(row: Findings, started: datetime, state: State, **changes: Any) -> None:
    """Keep the outcome, unless it was cancelled or asked for anew meanwhile."""
    mine = Findings.objects.filter(pk=row.pk, state=State.WORKING, started_at=started)
    mine.update(state=state, finished_at=timezone.now(), **changes)


def computed(row: Findings, started: datetime) -> dict[str, Any] | None:
    """Start the process and wait for it; None where nobody wants its result any more.

    Raises:
        StudioError: it ended without a result.
    """
    dataset, folder = row.dataset, row.folder
    if not dataset.places_file.is_file():
        raise StudioError(TOO_OLD, code="too_old")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    order_of(dataset).write(folder)
    with (folder / "log.txt").open("wb") as output:
        process = start(
            "finetune.datasets.findings.process", str(folder), str(os.getpid()), log=output
        )
    try:
        wanted = watched(row, started, process)
    finally:
        if process.poll() is None:
            end(process)
    if not wanted:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    try:
        result: dict[str, Any] = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        log.error("findings of %s ended: %s", dataset.public_id, tail(folder / "log.txt"))
        text = f"{process.returncode}: {tail(folder / 'log.txt', 300)}"
        raise StudioError(f"The process ended without a result ({text}).", code="lost") from error
    for name in (ORDER, RESULT, PROGRESS, "log.txt"):
        (folder / name).unlink(missing_ok=True)
    return result


def watched(row: Findings, started: datetime, process: subprocess.Popen[bytes]) -> bool:
    """Tell the row how far the process is until it ends; whether somebody still waits for it."""
    mine = Findings.objects.filter(pk=row.pk, state=State.WORKING, started_at=started)
    mine = mine.filter(dataset__deleted_at=None)
    while process.poll() is None:
        if not Findings.objects.filter(pk__in=mine.values("pk")).update(
            share=progress_read(row.folder)
        ):
            return False
        time.sleep(LOOK_SECONDS)
    return mine.exists()


def tail(path: Path, most: int = 2_000) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-most:].strip()
    except OSError:
        return ""


def order_of(dataset: Dataset) -> Order:
    """What the process has to know."""
    report = dataset.report
    return Order(
        data=str(dataset.folder),
        dialogues=int(report.get("dialogues") or 0),
        bases=tuple(local_bases()),
        tests=tuple(
            TestSet(one.name, str(one.folder))
            for one in test_sets_of(dataset.team)
            if (one.first_id or one.pk) != (dataset.first_id or dataset.pk)
        ),
        judge=settings.DIALOGUE_JUDGE,
        control_tokens=int((report.get("problem_counts") or {}).get("control_token", 0)),
    )


def local_bases() -> Iterator[Base]:
    for base in bases_ready().order_by("id"):
        if (Path(base.source) / "tokenizer.json").is_file():
            yield Base(
                base.slug,
                base.title,
                base.source,
                base.max_positions or 0,
                tuple(base.languages or ()),
            )


def test_sets_of(team: Team) -> list[Dataset]:
    """Sets of a team that somebody measures with, by their mark or because a study does."""
    answers = measured_with.send(Dataset, team=team)
    ids = {int(pk) for _receiver, found in answers for pk in found or ()}
    rows = Dataset.objects.for_team(team).filter(state=Dataset.State.READY)
    return [
        one
        for one in rows.order_by("id")
        if (one.for_evaluation or one.pk in ids) and one.places_file.is_file()
    ]


def findings_recheck() -> None:
    """Send for what lost its message; let what lost its worker wait again."""
    with alone(lock_file()) as nobody_looks:
        if nobody_looks:  # so whatever claims to be worked on is not
            Findings.objects.filter(state=State.WORKING).update(state=State.WAITING)
    lost = Findings.objects.filter(
        state=State.WAITING, queued_at__lt=timezone.now() - MESSAGE_LASTS, dataset__deleted_at=None
    ).order_by("queued_at", "id")
    first = lost.first()
    if first is not None and lacks_messages(QUEUE, 1):
        enqueue("findings_make", first.pk)
