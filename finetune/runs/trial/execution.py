"""Carrying out a trial in a worker: a folder like a run's, the trainer's process, its answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone

from finetune.exceptions import RunRefused, StudioError
from finetune.files import alone
from finetune.operations.selectors import is_draining
from finetune.queue import enqueue, messages_waiting
from finetune.runs.models import Run
from finetune.runs.worker.folders import folder_prepare
from finetune.runs.worker.trainer_process import environment
from finetune.training.config import ANSWER
from finetune.training.forecast.workload import Workload

from .models import Trial

State = Trial.State
QUEUE = "explorer"
MESSAGE_LASTS = timedelta(seconds=20)
CLAIM_LASTS = timedelta(seconds=5)  # from taking a trial to holding its lock


def trial_run(trial_id: int) -> None:
    """Carry out one trial; a message that comes twice finds nothing to claim."""
    if is_draining():
        return  # `trials_recheck` sends it again
    taken = Trial.objects.filter(pk=trial_id, state=State.WAITING).update(
        state=State.WORKING, started_at=timezone.now()
    )
    if not taken:
        return
    trial: Trial = Trial.objects.select_related("team", "base", "dataset").get(pk=trial_id)
    with alone(lock_of(trial)):
        try:
            finish(trial, State.DONE, result=tried(trial))
        except (StudioError, RunRefused) as error:
            finish(trial, State.FAILED, message=error.message)
        except OSError as error:
            finish(trial, State.FAILED, message=f"{error.strerror or error}.")
    lock_of(trial).unlink(missing_ok=True)


def lock_of(trial: Trial) -> Path:
    """Held while it is tried."""
    return Path(settings.RUN_DIR) / f".{trial.public_id}.lock"


def tried(trial: Trial) -> dict[str, Any]:
    """What one step took.

    Raises:
        StudioError: there is no room in memory, it took too long, or it cannot be trained.
        RunRefused: its data is gone.
    """
    memory_check(trial)
    run = Run(
        public_id=trial.public_id,
        team=trial.team,
        base=trial.base,
        dataset=trial.dataset,
        config=trial.config,
    )
    try:
        folder_prepare(run)
        return computed(run.folder)
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)


def memory_check(trial: Trial) -> None:
    """Refuse what would push out what else runs here.

    Raises:
        StudioError: with how much is needed, and how much is free.
    """
    work = Workload.read(trial.work)
    needed, free = work.memory_bytes if work else 0, psutil.virtual_memory().available
    if needed > free:
        raise StudioError(
            f"A step takes about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free "
            "now. Try again when no run trains.",
            code="no_memory",
        )


def computed(folder: Path) -> dict[str, Any]:
    """Run the trainer's trial in a folder and read its answer.

    Raises:
        StudioError: it took too long, was killed, or says why it cannot be trained.
    """
    limit = settings.EXPERIMENT_SECONDS * 3
    command = [
        *("nice", "-n", str(settings.TRAINER_NICENESS)),
        *(sys.executable, "-m", "finetune.training", "try", str(folder)),
        *("--parent", str(os.getpid())),
    ]
    with (folder / "trainer.log").open("wb") as log:
        try:
            done = subprocess.run(
                command,
                cwd=settings.BASE_DIR,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StudioError(
                f"It was stopped after {limit} s: a step of these settings takes minutes here.",
                code="too_long",
            ) from None
    try:
        answer: dict[str, Any] = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        killed = done.returncode == -9
        words = "most often because memory ran out" if killed else f"exit code {done.returncode}"
        raise StudioError(f"It ended without an answer ({words}).", code="lost") from None
    if "problem" in answer:
        raise StudioError(f"{answer['problem']} {answer['hint']}".strip(), code="cannot_train")
    return answer


def finish(trial: Trial, state: str, **changes: Any) -> None:
    Trial.objects.filter(pk=trial.pk, state=State.WORKING).update(
        state=state, finished_at=timezone.now(), **changes
    )


def trials_recheck() -> None:
    """End trials whose worker was lost; send again those whose message was."""
    now = timezone.now()
    for trial in Trial.objects.filter(state=State.WORKING, started_at__lt=now - CLAIM_LASTS):
        with alone(lock_of(trial)) as nobody_works:
            if nobody_works:
                finish(trial, State.FAILED, message="Its worker was lost. Try it again.")
                shutil.rmtree(Path(settings.RUN_DIR) / trial.public_id, ignore_errors=True)
                lock_of(trial).unlink(missing_ok=True)
    waiting = Trial.objects.filter(state=State.WAITING, created_at__lt=now - MESSAGE_LASTS)
    left = messages_waiting(QUEUE)
    if left:
        return  # they have messages, or will be looked at again when the queue is empty
    if left is not None:
        for pk in waiting.order_by("created_at").values_list("pk", flat=True):
            enqueue("trial_run", pk)
