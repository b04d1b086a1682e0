"""What each run has taken. A row is made with its run and stays when that goes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from finetune.runs.models import Run
from finetune.teams.models import ApiKey, Team

ESTIMATED_WORD = "estimated"  # of `finetune.training.use.energy`


class RunUse(models.Model):
    """One run's use of the machine and of quantum processors, whatever became of the run."""

    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="use")
    public_id = models.CharField(max_length=40, unique=True, help_text="The run's.")
    name = models.CharField(max_length=64, help_text="The run's.")
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    key = models.ForeignKey(
        ApiKey,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of the API, where it was started with one.",
    )
    base = models.CharField(max_length=60)
    adapter = models.CharField(max_length=40)
    sampled = models.CharField(
        max_length=20, blank=True, help_text="What sampled its circuits; empty without."
    )
    precision = models.CharField(max_length=10, blank=True)

    steps = models.IntegerField(default=0)
    seconds = models.FloatField(default=0.0, help_text="Of its trainers, by the wall's clock.")
    processor_seconds = models.FloatField(default=0.0)
    peak_bytes = models.BigIntegerField(default=0, help_text="The most that a trainer held.")
    joules = models.FloatField(default=0.0)
    energy_source = models.CharField(max_length=200, blank=True)
    circuits = models.BigIntegerField(default=0)
    shots = models.BigIntegerField(default=0)
    provider_seconds = models.FloatField(default=0.0, help_text="Of quantum processors.")

    work = models.JSONField(
        default=dict, blank=True, help_text="What it had to compute: Workload of forecast."
    )
    measured = models.JSONField(
        default=dict, blank=True, help_text="What its trainers measured of themselves."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["team", "-created_at", "-id"], name="run_use_list"),
            models.Index(fields=["-updated_at", "-id"], name="run_use_newest"),
        ]
        verbose_name = "use of a run"
        verbose_name_plural = "use of runs"

    def __str__(self) -> str:
        return self.name

    @property
    def estimated(self) -> bool:
        """Whether its energy was not measured, of one of its trainers at least."""
        return ESTIMATED_WORD in self.energy_source
