"""Trials of settings: what was tried, and what one step of it took."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.hardware.models import TeamQuerySet
from finetune.teams.models import Team


def trial_id() -> str:
    return f"trial-{secrets.token_hex(12)}"


class Trial(models.Model):
    """One step of a run that somebody thinks of, in a process of its own."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        WORKING = "working", gettext_lazy("Being tried")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    LIVE = (State.WAITING, State.WORKING)

    public_id = models.CharField(max_length=40, unique=True, default=trial_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="trials")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    base = models.ForeignKey(BaseModel, on_delete=models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    config = models.JSONField(help_text="RunSettings of finetune.training.")
    settings_key = models.CharField(
        max_length=64, db_index=True, help_text="Hash of all that matters to a step."
    )
    sampled = models.CharField(max_length=20, blank=True)
    work = models.JSONField(help_text="What it has to compute: Workload of forecast.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    message = models.TextField(blank=True, help_text="Why it failed.")
    result = models.JSONField(default=dict, blank=True, help_text="What it took.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["team", "settings_key"], name="trial_of_settings")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE
