"""What can be told of a run or of a study, and which line of a run's log tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy

from finetune.runs.models import Run, RunEvent
from finetune.training.watch.troubles import DEAD, EXPLODING, NO_PROGRESS, SPIKE


class Kind(models.TextChoices):
    """The names that webhooks have as `type`."""

    FINISHED = "run.finished", gettext_lazy("Finished")
    FAILED = "run.failed", gettext_lazy("Failed")
    CANCELLED = "run.cancelled", gettext_lazy("Cancelled")
    STALLED = "run.stalled", gettext_lazy("Stalled: no progress, or no sign of life")
    DEAD_CIRCUIT = "run.dead_circuit", gettext_lazy("Dead circuit")
    LOSS_SPIKE = "run.loss_spike", gettext_lazy("Loss spike or explosion")
    STUDY_FINISHED = "study.finished", gettext_lazy("Study finished")
    STUDY_FAILED = "study.failed", gettext_lazy("Study failed")
    STUDY_STOPPED = "study.stopped", gettext_lazy("Study stopped")
    TEST = "test", gettext_lazy("Test")


TOLD: Sequence[Kind] = tuple(kind for kind in Kind if kind != Kind.TEST)
CHOICES = [(kind.value, kind.label) for kind in TOLD]
# A person who cancels a run knows it; a program that waits for its end does not.
USUAL = [kind.value for kind in TOLD if kind != Kind.CANCELLED]
ALL = [kind.value for kind in TOLD]

STATES: Mapping[str, Kind] = {
    Run.State.SUCCEEDED: Kind.FINISHED,
    Run.State.FAILED: Kind.FAILED,
    Run.State.CANCELLED: Kind.CANCELLED,
}
TROUBLES: Mapping[str, Kind] = {
    NO_PROGRESS: Kind.STALLED,
    DEAD: Kind.DEAD_CIRCUIT,
    SPIKE: Kind.LOSS_SPIKE,
}


def kinds_of(run: Run, event: RunEvent) -> list[Kind]:
    """What a line of the log tells, none for most. Who asks for several is told the first alone:
    an exploded loss ends its run, which is a failure to whoever wants to hear of failures."""
    data: dict[str, Any] = event.data
    # The trainer writes how it ended, too, a moment before; how the run ends, the site alone says.
    ours = event.source_seq is None
    if ours and event.type == "state" and (kind := STATES.get(data.get("state", ""))):
        exploded = kind == Kind.FAILED and run.error.get("code") == EXPLODING
        return [kind, Kind.LOSS_SPIKE] if exploded else [kind]
    if event.type == "warning":
        if "silent_seconds" in data:
            return [Kind.STALLED]
        if kind := TROUBLES.get(data.get("trouble", "")):
            return [kind]
    return []
