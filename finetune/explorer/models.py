"""Experiments of the circuit explorer."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from finetune.hardware.models import QuantumKey, TeamQuerySet
from finetune.teams.models import Team


def experiment_id() -> str:
    return f"qexp-{secrets.token_hex(12)}"


class QuantumExperiment(models.Model):
    """One circuit of the explorer, run on one to three backends."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        COMPUTING = "computing", gettext_lazy("Computing")
        CONFIRM = "confirm", gettext_lazy("Waiting for your confirmation")
        SENT = "sent", gettext_lazy("On the quantum computer")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    LIVE = (State.WAITING, State.COMPUTING, State.SENT)

    public_id = models.CharField(max_length=40, unique=True, default=experiment_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="experiments")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=120)
    spec = models.JSONField(help_text="Circuit, backends, shots: what finetune.explorer computes.")
    key = models.ForeignKey(
        QuantumKey, null=True, on_delete=models.SET_NULL, related_name="experiments"
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    result = models.JSONField(default=dict, blank=True)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["team", "-created_at", "-id"], name="experiment_list")]

    def __str__(self) -> str:
        return self.name
