"""Fine-tuning runs and their numbered log."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.teams.models import Team, User
from finetune.text import mended
from finetune.training.settings import RunSettings


def job_id() -> str:
    """A public id in OpenAI's form."""
    return f"ftjob-{secrets.token_hex(12)}"


class RunQuerySet(models.QuerySet["Run"]):
    def for_user(self, user: User) -> RunQuerySet:
        return self.filter(team__members=user)

    def for_team(self, team: Team) -> RunQuerySet:
        return self.filter(team=team)

    def active(self) -> RunQuerySet:
        return self.filter(state__in=Run.ACTIVE)


class Run(models.Model):
    """One fine-tuning run. The database decides its state; the queue only carries its id."""

    class State(models.TextChoices):
        CREATED = "created", gettext_lazy("Created")
        VALIDATING = "validating", gettext_lazy("Checking the data")
        QUEUED = "queued", gettext_lazy("Waiting for a worker")
        RUNNING = "running", gettext_lazy("Running")
        PAUSING = "pausing", gettext_lazy("Pausing")
        PAUSED = "paused", gettext_lazy("Paused")
        SUCCEEDED = "succeeded", gettext_lazy("Succeeded")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    class Request(models.TextChoices):
        NONE = "", gettext_lazy("None")
        CANCEL = "cancel", gettext_lazy("Cancel")
        PAUSE = "pause", gettext_lazy("Pause")

    class Priority(models.IntegerChoices):
        LOW = -1, gettext_lazy("Low")
        NORMAL = 0, gettext_lazy("Normal")
        HIGH = 1, gettext_lazy("High")
        FIRST = 2, gettext_lazy("First of all")  # given by an operator alone

    HELD = (State.RUNNING, State.PAUSING)  # a worker holds a lease
    FINISHED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
    ACTIVE = (State.CREATED, State.VALIDATING, State.QUEUED, *HELD)

    public_id = models.CharField(max_length=40, unique=True, default=job_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="runs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=64)
    base = models.ForeignKey(BaseModel, on_delete=models.PROTECT, related_name="runs")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    validation_dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    suffix = models.SlugField(max_length=64, blank=True, help_text="Part of the model's name.")
    preset = models.CharField(max_length=20, blank=True)
    config = models.JSONField(help_text="What a person chose: RunSettings of finetune.training.")
    continues = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="continued_by",
        help_text="The run whose adapter this one starts from.",
    )
    continues_step = models.IntegerField(
        null=True, blank=True, help_text="If given, from its checkpoint after this step."
    )
    spending = models.JSONField(
        default=dict,
        blank=True,
        help_text="For a billable backend, what a person agreed to: key (public id), chip, "
        "circuits, shots, seconds (at most), confirmed_by, confirmed_at.",
    )
    epochs = models.FloatField(
        null=True, blank=True, help_text="If given, decides the steps once the data is counted."
    )
    request_body = models.JSONField(
        default=dict, blank=True, help_text="The API request, answered back as it came."
    )
    metadata = models.JSONField(default=dict, blank=True)
    released_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When what it made was let out of its team; a reviewer signs for it.",
    )

    state = models.CharField(max_length=12, choices=State, default=State.CREATED, db_index=True)
    request = models.CharField(max_length=8, choices=Request, default=Request.NONE, blank=True)
    error = models.JSONField(default=dict, blank=True, help_text="code, message, hint, trace")
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(default=0, help_text="Starts since it last made progress.")
    enqueued_at = models.DateTimeField(
        null=True, blank=True, help_text="When its newest message was sent."
    )
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    queued_at = models.DateTimeField(null=True, blank=True, help_text="Since when it waits.")
    held_since = models.DateTimeField(
        null=True, blank=True, help_text="When a worker took it last."
    )
    step_seconds = models.FloatField(
        null=True, blank=True, help_text="What a step was expected to take when it was made."
    )

    last_seq = models.IntegerField(default=0, help_text="Number of the newest event.")
    copied_seq = models.IntegerField(default=0, help_text="Newest line copied from events.jsonl.")
    step = models.IntegerField(default=0)
    total_steps = models.IntegerField(default=0)
    seconds_left = models.FloatField(null=True, blank=True)
    trained_tokens = models.BigIntegerField(default=0)
    trainable_parameters = models.BigIntegerField(default=0)
    latest = models.JSONField(
        default=dict, blank=True, help_text="The newest value of each metric."
    )
    result = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["team", "-created_at", "-id"], name="run_list"),
            models.Index(fields=["team", "state", "-created_at", "-id"], name="run_list_by_state"),
            models.Index(fields=["team", "-finished_at", "-id"], name="run_results"),
            models.Index(fields=["-created_at", "-id"], name="run_newest"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any
    ) -> Self:
        """Read a row; halves of surrogate pairs, which were taken in once, become text again.

        With one of them neither the run's page nor its trainer's settings could be written.
        """
        whole = [mended(value) for value in values]
        return super().from_db(db, field_names, whole, **options)

    @property
    def settings(self) -> RunSettings:
        """What was chosen; what an older version kept and no setting is now, is left out."""
        return RunSettings.draft(self.config)[0]

    @property
    def folder(self) -> Path:
        return Path(settings.RUN_DIR) / self.public_id

    @property
    def is_finished(self) -> bool:
        return self.state in self.FINISHED

    @property
    def is_held(self) -> bool:
        """Whether a worker is at it now, with a lease that has not lapsed."""
        return bool(
            self.state in self.HELD and self.lease_until and self.lease_until > timezone.now()
        )

    @property
    def fine_tuned_model(self) -> str | None:
        """The model name in the API, once it has succeeded."""
        if self.state != self.State.SUCCEEDED:
            return None
        short = self.public_id.removeprefix("ftjob-")
        return f"ft:{self.base.slug}:{self.team.slug}:{self.suffix or 'run'}:{short}"

    @property
    def percent(self) -> int:
        return int(100 * self.step / self.total_steps) if self.total_steps else 0


class RunEvent(models.Model):
    """One line of a run's log: from the trainer (with its line number) or from the site."""

    class Level(models.TextChoices):
        INFO = "info"
        WARN = "warn"
        ERROR = "error"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.IntegerField()
    source_seq = models.IntegerField(null=True, blank=True)
    time = models.DateTimeField()
    type = models.CharField(max_length=20)
    level = models.CharField(max_length=5, choices=Level, default=Level.INFO)
    message = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["run", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_event_per_seq"),
            models.UniqueConstraint(fields=["run", "source_seq"], name="one_event_per_line"),
        ]
        indexes = [models.Index(fields=["run", "type", "seq"], name="event_of_type")]

    def __str__(self) -> str:
        return f"{self.run.public_id} #{self.seq} {self.type}"

    def as_dict(self) -> dict[str, Any]:
        """The form in which the websocket and the event endpoints send it."""
        return {
            "seq": self.seq,
            "time": self.time.timestamp(),
            "type": self.type,
            "level": self.level,
            "message": self.message,
            "data": self.shown_data,
        }

    @property
    def shown_data(self) -> dict[str, Any]:
        """Its data as anybody may see it: without a sample reply that has not passed the gate."""
        if self.type == "sample" and not self.data.get("judged"):
            return {**self.data, "reply": ""}
        data: dict[str, Any] = self.data
        return data
