"""Making exports in a worker: the process that does it, what it has reached, how it ended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone

from finetune.exceptions import StudioError, without_paths
from finetune.faults import words_of
from finetune.files import alone
from finetune.outside.child_processes import end, start
from finetune.queue import enqueue, lacks_messages
from finetune.runs.page.downloads import metrics_csv
from finetune.training.log.sentences import parts_of, sentence

from .facts import order_of
from .models import Export
from .selectors import source_of
from .services import room_check

State = Export.State
LOOK_SECONDS = 0.5
MESSAGE_LASTS = timedelta(seconds=20)
CLAIM_LASTS = timedelta(seconds=5)  # from taking an export to holding its lock
MEMORY_SHARE = 1.3  # of the base's weights in float32: they, and one layer more than once
QUEUE = "exports"


def export_make(export_id: int) -> None:
    """Make one export, unless another is being made: whoever makes that sends for the next."""
    with alone(Path(settings.DATA_DIR) / "exports.lock") as nobody_makes:
        if not nobody_makes:
            return
        made_alone(export_id)
    waiting = Export.objects.filter(state=State.WAITING).exclude(pk=export_id)
    if following := waiting.order_by("created_at", "id").first():
        enqueue("export_make", following.pk)


def made_alone(export_id: int) -> None:
    """Carry one export out; a message that comes twice finds nothing to claim."""
    taken = Export.objects.filter(pk=export_id, state=State.WAITING).update(
        state=State.WORKING, started_at=timezone.now(), message=""
    )
    if not taken:
        return
    export = Export.objects.select_related("run__base", "run__dataset", "run__team").get(
        pk=export_id
    )
    with alone(lock_of(export)):
        try:
            result = made(export)
        except StudioError as error:
            result = {"problem": error.message}
        except OSError as error:
            result = {"problem": words_of(error)}
        if "problem" in result:
            words, parts = result["problem"], result.get("parts", parts_of(result["problem"]))
            finish(export, State.FAILED, message=words, result={"parts": parts})
            shutil.rmtree(export.folder, ignore_errors=True)
        else:
            finish(export, State.DONE, result=result, share=1.0)
    lock_of(export).unlink(missing_ok=True)  # after the row: a free lock says that it was lost


def lock_of(export: Export) -> Path:
    """Held while it is made; not in its own folder, which a deletion takes away."""
    return export.run.folder / "exports" / f".{export.public_id}.lock"


def made(export: Export) -> dict[str, Any]:
    """Write the order, start the process, tell the row how far it is; return its result.

    Raises:
        StudioError: there is no room, or the process ended without a result.
    """
    run, folder = export.run, export.folder
    source = source_of(run, export.step)
    if source is None:
        raise StudioError(
            sentence(
                "Its weights are gone: the checkpoint was replaced by a later one. Export that."
            ),
            code="gone",
        )
    shutil.rmtree(folder, ignore_errors=True)
    room_check(run, source, export.parts)
    memory_check(run.base.parameters or 0)
    folder.mkdir(parents=True)
    order_of(export, source).write(folder)
    with (folder / "metrics.csv").open("w", encoding="utf-8", newline="") as handle:
        handle.writelines(metrics_csv(run))
    with (folder / "log.txt").open("wb") as log:
        process = start("finetune.exports.making", str(folder), str(os.getpid()), log=log)
    try:
        watch(export, process)
    finally:
        if process.poll() is None:
            end(process)
    return result_of(folder, process.returncode)


def memory_check(parameters: int) -> None:
    """Refuse a base that would push out what else runs here.

    Raises:
        StudioError: with how much is needed, and how much is there.
    """
    needed, free = int(4 * parameters * MEMORY_SHARE), psutil.virtual_memory().available
    if needed > free:
        raise StudioError(
            sentence(
                "The base takes %(needed)s GiB of memory, and %(free)s GiB are free. Try again "
                "when no run trains, or on a larger machine.",
                needed=f"{needed / 2**30:.1f}",
                free=f"{free / 2**30:.1f}",
            ),
            code="no_memory",
        )


def watch(export: Export, process: subprocess.Popen[bytes]) -> None:
    """Copy the progress into the row until the process ends; end it where the row is gone."""
    told: dict[str, Any] = {}
    mine = Export.objects.filter(pk=export.pk)
    while process.poll() is None:
        time.sleep(LOOK_SECONDS)
        if not mine.exists():
            end(process)
            raise StudioError("It was deleted while it was made.", code="gone")
        try:
            found = json.loads((export.folder / "progress.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if found != told:
            told = found
            mine.update(phase=found["phase"], share=found["share"])


def result_of(folder: Path, code: int) -> dict[str, Any]:
    """Read what the process has left.

    Raises:
        StudioError: it ended without a result.
    """
    try:
        found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass
    else:
        return found
    if code == -9:
        raise StudioError(
            sentence(
                "It was killed, most often because memory ran out. Try again when no run trains."
            ),
            code="lost",
        )
    lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
    last = without_paths(lines[-1])[:300] if lines else "–"
    raise StudioError(
        sentence("The export ended without a result: %(line)s", line=last), code="lost"
    )


def finish(export: Export, state: str, **changes: Any) -> bool:
    """Write how it ended; tell whether nobody had done that before."""
    working = Export.objects.filter(pk=export.pk, state=State.WORKING)
    return bool(working.update(state=state, finished_at=timezone.now(), phase="", **changes))


def exports_recheck() -> None:
    """Go on with exports whose message, or whose worker, was lost."""
    now = timezone.now()
    rows = Export.objects.select_related("run")
    for row in rows.filter(state=State.WORKING, started_at__lt=now - CLAIM_LASTS):
        with alone(lock_of(row)) as nobody_works:
            if nobody_works:
                words = sentence("The worker that made it was lost. Export it again.")
                if finish(row, State.FAILED, message=words, result={"parts": words.parts}):
                    shutil.rmtree(row.folder, ignore_errors=True)  # not of one that ended since
                lock_of(row).unlink(missing_ok=True)
    waiting: Iterable[Export] = rows.filter(
        state=State.WAITING, created_at__lt=now - MESSAGE_LASTS
    ).order_by("created_at", "id")
    due = [row.pk for row in waiting]
    if lacks_messages(QUEUE, len(due)):
        for pk in due:
            enqueue("export_make", pk)
