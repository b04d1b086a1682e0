"""Carrying out evaluations in a worker of runs: the process, what it has reached, how it ended.

They stand in a queue of their own that the workers of runs take from, one thing at a time, so that
none computes beside a training on the same worker.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from finetune.exceptions import StudioError, without_paths
from finetune.faults import words_of
from finetune.files import alone
from finetune.hardware.selectors import tariff
from finetune.operations.selectors import is_draining
from finetune.outside.child_processes import end, start
from finetune.queue import enqueue, lacks_messages
from finetune.runs.worker.carrier import Carrier
from finetune.training.circuits.exchange import FOLDER

from .chip import ChipCarrier, jobs_cancel
from .models import Evaluation
from .process.order import DATA, EXAMPLES, FEW_SHOT, RESULT, Order, cases_of
from .selectors import examples_file
from .tasks import tasks_folder

State = Evaluation.State
LOOK_SECONDS = 0.5
MESSAGE_LASTS = timedelta(seconds=20)
CLAIM_LASTS = timedelta(seconds=5)  # from taking an evaluation to holding its lock
MOST_ATTEMPTS = 3
QUEUE = "evaluations"


def evaluation_run(evaluation_id: int) -> None:
    """Carry one evaluation out; a message that comes twice finds nothing to claim."""
    if is_draining():
        return  # `evaluations_recheck` sends it again
    waiting = Evaluation.objects.filter(pk=evaluation_id, state=State.WAITING)
    row = waiting.first()
    if row is None or not waiting.update(
        state=State.WORKING, started_at=timezone.now(), attempts=row.attempts + 1, message=""
    ):
        return
    evaluation = Evaluation.objects.select_related(
        "run", "base", "dataset", "team", "created_by"
    ).get(pk=evaluation_id)
    with alone(lock_of(evaluation)):
        try:
            result = computed(evaluation)
        except StudioError as error:
            result = {"problem": error.message}
        except OSError as error:
            result = {"problem": words_of(error)}
        if "problem" in result:
            finish(evaluation, State.FAILED, message=without_paths(result["problem"]))
            jobs_cancel(evaluation, None)
        else:
            told = {name: value for name, value in result.items() if name != "dialogues"}
            for part in (*told.get("rungs", []), *told.get("tasks", {}).values()):
                part.pop("dialogues", None)
            finish(evaluation, State.DONE, result=told, share=1.0)
    lock_of(evaluation).unlink(missing_ok=True)  # after the row: a free lock says it was lost


def lock_of(evaluation: Evaluation) -> Path:
    """Held while it is computed; not in its own folder, which a deletion takes away."""
    return evaluation.folder.parent / f".{evaluation.public_id}.lock"


def computed(evaluation: Evaluation) -> dict[str, Any]:
    """Write the order, start the process, tell the row how far it is; return its result.

    Raises:
        StudioError: it was cancelled, its data is gone, or the process left no result.
    """
    folder = evaluation.folder
    cleared(folder)
    if evaluation.kind not in Evaluation.OWN_DATA:
        data_write(evaluation, folder / DATA)
    if evaluation.terms.get("prompt") == FEW_SHOT and evaluation.kind == Evaluation.Kind.ARITHMETIC:
        examples_write(evaluation, folder / EXAMPLES)
    run, price = evaluation.run, tariff()
    Order(
        kind=evaluation.kind,
        run="" if run is None else str(run.folder),
        base=evaluation.base.source if run is None else "",
        checkpoint=evaluation.checkpoint,
        terms=evaluation.terms,
        tasks=str(tasks_folder() or ""),
        chip=str(evaluation.spending.get("chip", "")) if evaluation.spending else None,
        price=(price.per_second, price.currency) if price else None,
    ).write(folder)
    carrier = ChipCarrier(evaluation) if evaluation.spending else None
    if carrier is not None:
        carrier.prepare()
    with (folder / "log.txt").open("wb") as log:
        process = start("finetune.evaluation.process", str(folder), str(os.getpid()), log=log)
    try:
        watch(evaluation, process, carrier)
    finally:
        if process.poll() is None:
            end(process)
    return result_of(folder, process.returncode)


def cleared(folder: Path) -> None:
    """Make its folder empty, but for what was handed in."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = (cases_of(folder), folder / FOLDER)
    for path in folder.iterdir():
        if path not in kept:
            path.unlink()


def data_write(evaluation: Evaluation, target: Path) -> None:
    """Copy what it is evaluated on into its folder.

    Raises:
        StudioError: it is gone.
    """
    dataset, run = evaluation.dataset, evaluation.run
    if dataset is not None and dataset.deleted_at is None:
        sources = [dataset.validation_file]
        if evaluation.part == Evaluation.Part.ALL:
            sources.insert(0, dataset.train_file)
    elif run is not None and not evaluation.data_name:
        sources = [run.folder / "validation.jsonl"]
    else:
        raise StudioError(gettext_noop("The data set was deleted."), code="gone")
    try:
        with target.open("wb") as handle:
            for source in sources:
                with source.open("rb") as part:
                    shutil.copyfileobj(part, handle)
    except FileNotFoundError:
        raise StudioError(gettext_noop("The data is gone from the server."), code="gone") from None


def examples_write(evaluation: Evaluation, target: Path) -> None:
    """Copy the first solved problems of the part that is not evaluated.

    Raises:
        StudioError: it is gone.
    """
    try:
        with examples_file(evaluation.run, evaluation.dataset).open("rb") as source:
            lines = (line for line in source if line.strip())
            target.write_bytes(b"".join(islice(lines, evaluation.terms["examples"])))
    except FileNotFoundError:
        raise StudioError(gettext_noop("The data is gone from the server."), code="gone") from None


def watch(
    evaluation: Evaluation, process: subprocess.Popen[bytes], carrier: Carrier | None = None
) -> None:
    """Copy the progress into the row until the process ends; end it where nobody wants it more.

    Args:
        carrier: of its circuits, where some go to a chip.
    """
    told: dict[str, Any] = {}
    mine = Evaluation.objects.filter(pk=evaluation.pk, state=State.WORKING)
    while process.poll() is None:
        time.sleep(LOOK_SECONDS)
        if not mine.exists():
            end(process)
            raise StudioError("It was cancelled.", code="gone")
        if carrier is not None:
            carrier.look()
        try:
            found = json.loads((evaluation.folder / "progress.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if found != told:
            told = found
            mine.update(share=found["share"])


def result_of(folder: Path, code: int) -> dict[str, Any]:
    """Read what the process has left.

    Raises:
        StudioError: it ended without a result.
    """
    try:
        found: dict[str, Any] = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass
    else:
        return found
    if code == -signal.SIGKILL:
        raise StudioError(
            gettext_noop(
                "It was killed, most often because memory ran out. Try again when no run trains."
            ),
            code="lost",
        )
    lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
    last = without_paths(lines[-1])[:300] if lines else "–"
    raise StudioError(f"The evaluation ended without a result: {last}", code="lost")


def finish(evaluation: Evaluation, state: str, **changes: Any) -> bool:
    """Write how it ended; tell whether nobody had done that before."""
    working = Evaluation.objects.filter(pk=evaluation.pk, state=State.WORKING)
    return bool(working.update(state=state, finished_at=timezone.now(), **changes))


def evaluations_recheck() -> None:
    """Queue evaluations again whose worker, or whose message, was lost."""
    now = timezone.now()
    rows = Evaluation.objects.select_related("run")
    for row in rows.filter(state=State.WORKING, started_at__lt=now - CLAIM_LASTS):
        with alone(lock_of(row)) as nobody_works:
            if nobody_works and row.attempts < MOST_ATTEMPTS:
                again = Evaluation.objects.filter(pk=row.pk, state=State.WORKING)
                if again.update(state=State.WAITING, share=0.0):
                    enqueue("evaluation_run", row.pk)
            elif nobody_works:
                finish(
                    row,
                    State.FAILED,
                    message=gettext_noop("Its workers were lost again and again."),
                )
                jobs_cancel(row, None)
            if nobody_works:
                lock_of(row).unlink(missing_ok=True)
    waiting = rows.filter(state=State.WAITING, created_at__lt=now - MESSAGE_LASTS)
    due = [row.pk for row in waiting.order_by("created_at", "id")]
    if lacks_messages(QUEUE, len(due)):
        for pk in due:
            enqueue("evaluation_run", pk)
