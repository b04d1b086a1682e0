"""Exports of runs: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from finetune.runs.models import Run
from finetune.teams.models import Team, User

from .making.order import CHECKING, LOADING, MERGING, PACKING, WRITING

PHASES = {
    LOADING: gettext_lazy("Loading the model"),
    MERGING: gettext_lazy("Merging"),
    WRITING: gettext_lazy("Writing GGUF"),
    CHECKING: gettext_lazy("Replaying the golden prompts"),
    PACKING: gettext_lazy("Packing"),
}
PART_WORDS = {
    "adapter": pgettext_lazy("part of an export", "adapter"),
    "merged": pgettext_lazy("part of an export", "merged model"),
    "gguf": "GGUF",
}


def export_id() -> str:
    return f"export-{secrets.token_hex(12)}"


class ExportQuerySet(models.QuerySet["Export"]):
    def for_user(self, user: User) -> ExportQuerySet:
        return self.filter(run__team__members=user)

    def for_team(self, team: Team) -> ExportQuerySet:
        return self.filter(run__team=team)


class Export(models.Model):
    """One archive of a run or of one of its checkpoints. It lies in the run's folder, and goes
    where that goes."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        WORKING = "working", gettext_lazy("Being made")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    LIVE = (State.WAITING, State.WORKING)

    public_id = models.CharField(max_length=40, unique=True, default=export_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="exports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    step = models.IntegerField(
        null=True, blank=True, help_text="Of the checkpoint; none: what the run ended with."
    )
    parts = models.JSONField(help_text="Of adapter, merged, gguf.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    phase = models.CharField(max_length=20, blank=True)
    share = models.FloatField(default=0, help_text="Of the work that is done, 0 to 1.")
    message = models.TextField(blank=True, help_text="Why there is no archive.")
    result = models.JSONField(
        default=dict, blank=True, help_text="The archive's name, size, hash and files."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is an export of."""
        if self.step is None:
            return self.run.name
        return _("%(name)s, step %(step)s") % {"name": self.run.name, "step": self.step}

    @property
    def folder(self) -> Path:
        return self.run.folder / "exports" / self.public_id

    @property
    def file(self) -> Path | None:
        """The archive, where it is made and still there."""
        if self.state != self.State.DONE:
            return None
        path = self.folder / str(self.result.get("file", ""))
        return path if path.is_file() else None

    @property
    def percent(self) -> int:
        return int(100 * self.share)

    @property
    def bytes(self) -> int:
        return int(self.result.get("bytes", 0))

    @property
    def proof(self) -> dict[str, Any]:
        """By part, how many golden tokens were held to."""
        proof: dict[str, Any] = self.result.get("golden", {})
        return proof

    @property
    def phase_words(self) -> str:
        return str(PHASES.get(self.phase, ""))

    @property
    def parts_words(self) -> str:
        return ", ".join(str(PART_WORDS.get(part, part)) for part in self.parts)

    @property
    def badge(self) -> str:
        """The state of a run that looks alike."""
        return {"working": "running", "done": "succeeded", "waiting": "queued"}.get(
            self.state, self.state
        )
