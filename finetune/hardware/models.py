"""Quantum hardware as the site keeps it: keys, calibrations and jobs.

What a job's states mean and how it moves is in `quantum.jobs`; these rows only remember.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from finetune.teams.models import Team, User
from quantum.backends.base import JobState
from quantum.chips.calibration import Calibration

READING_LASTS = timedelta(minutes=3)
LIVE_STATES = (
    JobState.PLANNED,
    JobState.SUBMITTING,
    JobState.SUBMITTED,
    JobState.QUEUED,
    JobState.RUNNING,
    JobState.CONTACT_LOST,
)


def key_id() -> str:
    return f"qkey-{secrets.token_hex(12)}"


def calibration_id() -> str:
    return f"qcal-{secrets.token_hex(12)}"


def quantum_job_id() -> str:
    return f"qjob-{secrets.token_hex(12)}"


class TeamQuerySet(models.QuerySet[Any]):
    """Rows that belong to a team."""

    def for_user(self, user: User) -> TeamQuerySet:
        return self.filter(team__members=user)

    def for_team(self, team: Team) -> TeamQuerySet:
        return self.filter(team=team)


class QuantumKey(models.Model):
    """A key of a quantum cloud. Its text is stored encrypted and is never shown again."""

    public_id = models.CharField(max_length=40, unique=True, default=key_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="quantum_keys")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    label = models.CharField(max_length=60)
    url = models.CharField(
        max_length=200, blank=True, help_text="The cloud's address; empty: the SDK's own choice."
    )
    encrypted = models.TextField(editable=False, help_text="A Fernet token.")
    last_four = models.CharField(max_length=4, editable=False)
    chips = models.JSONField(
        default=list, blank=True, help_text="As read last: name and whether it is online."
    )
    chips_asked_at = models.DateTimeField(null=True, blank=True)
    chips_read_at = models.DateTimeField(null=True, blank=True)
    chips_problem = models.TextField(blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "quantum key"

    def __str__(self) -> str:
        return f"{self.label} (…{self.last_four})"

    @property
    def host(self) -> str:
        """The host and port that it is sent to, or an empty text for the SDK's own choice."""
        return urlsplit(self.url).netloc

    @property
    def in_the_clear(self) -> bool:
        """Whether it travels without encryption."""
        return not self.url.startswith("https://")

    @property
    def unanswered(self) -> bool:
        """Whether chips were asked for and no answer has come."""
        asked, read = self.chips_asked_at, self.chips_read_at
        return asked is not None and (read is None or read < asked)

    @property
    def reading(self) -> bool:
        """Whether an answer can still be expected."""
        asked = self.chips_asked_at
        return self.unanswered and asked is not None and timezone.now() - asked < READING_LASTS


class QuantumCalibration(models.Model):
    """A chip's figures as fetched at one moment. Rows are never changed."""

    public_id = models.CharField(max_length=40, unique=True, default=calibration_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="calibrations")
    key = models.ForeignKey(
        QuantumKey, null=True, on_delete=models.SET_NULL, related_name="calibrations"
    )
    chip = models.CharField(max_length=40)
    fetched_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=12)
    figures = models.TextField(help_text="JSON of quantum.chips.calibration.Calibration.")

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-fetched_at", "-id"]
        indexes = [models.Index(fields=["team", "-fetched_at", "-id"], name="calibration_list")]

    def __str__(self) -> str:
        return f"{self.chip}, {self.fetched_at:%Y-%m-%d %H:%M}, {self.fingerprint}"

    @property
    def calibration(self) -> Calibration:
        return Calibration.from_json(self.figures)


class QuantumJob(models.Model):
    """One batch of circuits for a quantum cloud: a row of the ledger."""

    class State(models.TextChoices):
        PLANNED = JobState.PLANNED, gettext_lazy("Planned")
        SUBMITTING = JobState.SUBMITTING, gettext_lazy("Being sent")
        SUBMITTED = JobState.SUBMITTED, gettext_lazy("Sent")
        QUEUED = JobState.QUEUED, gettext_lazy("Waiting at the provider")
        RUNNING = JobState.RUNNING, gettext_lazy("Running")
        DONE = JobState.DONE, gettext_lazy("Done")
        FAILED = JobState.FAILED, gettext_lazy("Failed")
        CANCELLED = JobState.CANCELLED, gettext_lazy("Cancelled")
        SUBMIT_UNKNOWN = JobState.SUBMIT_UNKNOWN, gettext_lazy("Sent or not? Needs a decision")
        CONTACT_LOST = JobState.CONTACT_LOST, gettext_lazy("No answer; asking again")

    LIVE = LIVE_STATES

    public_id = models.CharField(max_length=40, unique=True, default=quantum_job_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="quantum_jobs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run = models.ForeignKey(
        "finetune.Run",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="quantum_jobs",
    )
    experiment = models.ForeignKey(
        "finetune.QuantumExperiment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
    )
    evaluation = models.ForeignKey(
        "finetune.Evaluation",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="quantum_jobs",
    )
    key = models.ForeignKey(
        QuantumKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    scope = models.CharField(
        max_length=80, help_text="What the job belongs to; with the hash, one."
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the batch.")
    backend = models.CharField(max_length=20)
    chip = models.CharField(max_length=40, blank=True)
    options = models.JSONField(default=dict, blank=True, help_text="The backend's options.")
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED, db_index=True)
    task_id = models.CharField(max_length=120, blank=True)
    circuits = models.IntegerField()
    shots = models.IntegerField(help_text="Of each circuit.")
    total_shots = models.BigIntegerField()
    seconds_low = models.FloatField(default=0.0)
    seconds_high = models.FloatField(help_text="Longest guess; what counts against caps.")
    seconds_used = models.FloatField(null=True, blank=True)
    payload = models.TextField(help_text="JSON of quantum.backends.base.Batch.")
    handle = models.TextField(blank=True)
    result = models.TextField(blank=True)
    message = models.TextField(blank=True)
    cap_run = models.CharField(max_length=80, blank=True, help_text="Whose cap it counts against.")
    cap_user = models.CharField(max_length=80, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "fingerprint"], name="one_job_per_batch")
        ]
        indexes = [
            models.Index(fields=["created_at"], name="quantum_job_created"),
            models.Index(fields=["team", "-created_at", "-id"], name="quantum_job_list"),
            models.Index(fields=["team", "state", "-created_at", "-id"], name="quantum_job_states"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def needs_decision(self) -> bool:
        return self.state == JobState.SUBMIT_UNKNOWN
