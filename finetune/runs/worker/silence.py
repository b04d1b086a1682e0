"""A trainer that gives no sign of life: said on the run's page, and bounded.

`Run.latest` keeps since when, so that the page says it and stops saying it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.runs.models import Run
from finetune.runs.transitions import run_log
from finetune.training.log.sentences import joined, parts_of, sentence

from .conclusions import SILENT, without_silence

TELL_SECONDS = 15.0  # a busy machine may hold a living trainer up for a while


def silence_ends(seconds: float) -> bool:
    """Whether a trainer that was silent so long is to be ended."""
    return bool(0 < settings.TRAINER_SILENT_SECONDS <= seconds)


@transaction.atomic
def silence_tell(run_id: int, seconds: float, *, told: bool) -> bool:
    """Note a silence that has begun or ended; return whether it is noted now."""
    if told == (seconds >= TELL_SECONDS):
        return told
    run = Run.objects.select_for_update().get(pk=run_id)
    if told:
        run.latest = without_silence(run)
        message, level, data = "The trainer is there again.", "info", {}
    else:
        since = timezone.now() - timedelta(seconds=seconds)
        run.latest = {**run.latest, SILENT: since.timestamp()}
        message = joined(
            sentence(
                "No sign of life from the trainer for %(seconds)s s: it is stopped or hangs.",
                seconds=round(seconds),
            ),
            sentence(
                "After %(bound)s s it is ended, and the run goes on from its checkpoint.",
                bound=settings.TRAINER_SILENT_SECONDS,
            )
            if settings.TRAINER_SILENT_SECONDS
            else "",
        )
        level, data = "warn", {"silent_seconds": round(seconds), "parts": parts_of(message)}
    Run.objects.filter(pk=run_id).update(latest=run.latest)
    run_log(run, "warning" if level == "warn" else "log", message, data, level=level)
    return not told
