"""Studies, the runs that carry them out, what was scored on the test set, and share links."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.teams.models import ApiKey, Team, User

from .design.settings import StudySettings

study_ended = Signal()  # for whoever tells of studies; within the transaction


def study_id() -> str:
    return f"study-{secrets.token_hex(12)}"


def link_id() -> str:
    return f"link-{secrets.token_hex(8)}"


class StudyQuerySet(models.QuerySet["Study"]):
    def for_user(self, user: User) -> StudyQuerySet:
        return self.filter(team__members=user)

    def for_team(self, team: Team) -> StudyQuerySet:
        return self.filter(team=team)

    def live(self) -> StudyQuerySet:
        return self.filter(state__in=Study.LIVE)


class Study(models.Model):
    """One question, asked of several arms on the same data. Its rows decide what comes next."""

    class State(models.TextChoices):
        RUNNING = "running", gettext_lazy("Running")
        SCORING = "scoring", gettext_lazy("Scoring the test set")
        DONE = "done", gettext_lazy("Done")
        STOPPED = "stopped", gettext_lazy("Stopped")

    LIVE = (State.RUNNING, State.SCORING)

    public_id = models.CharField(max_length=40, unique=True, default=study_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="studies")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    key = models.ForeignKey(
        ApiKey,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of the API, where it was started with one.",
    )
    name = models.CharField(max_length=80)
    base = models.ForeignKey(BaseModel, on_delete=models.PROTECT, related_name="studies")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="studies")
    validation_dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    test_dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Scored once, after the choice; nothing is chosen by it.",
    )
    task_dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Problems of the task, where it takes some of its own.",
    )
    source = models.ForeignKey(
        Run,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The run whose matched study this is.",
    )
    adapter = models.CharField(max_length=40, help_text="Whose part is asked about.")
    config = models.JSONField(help_text="StudySettings of finetune.studies.design.")
    priority = models.SmallIntegerField(choices=Run.Priority, default=Run.Priority.NORMAL)
    run_count = models.PositiveIntegerField(
        default=0, help_text="Of the whole study, as far as was known when it was advanced last."
    )
    seconds = models.JSONField(
        default=dict, blank=True, help_text="Foreseen for one run, by arm and sweep point."
    )

    state = models.CharField(max_length=10, choices=State, default=State.RUNNING, db_index=True)
    problem = models.JSONField(
        default=dict, blank=True, help_text="Why no run is made now: code, message, at."
    )
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When it was advanced last.")
    chosen = models.JSONField(
        default=dict, blank=True, help_text="By arm the point that held-out loss chose; kept."
    )
    results = models.JSONField(
        default=dict, blank=True, help_text="What every run had come to when that was chosen."
    )
    table = models.JSONField(
        default=dict, blank=True, help_text="The table and the sentences of a study that is done."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    chosen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "studies"
        indexes = [models.Index(fields=["team", "-created_at", "-id"], name="study_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def settings(self) -> StudySettings:
        return StudySettings.from_dict(self.config)

    @property
    def folder(self) -> Path:
        return Path(settings.STUDY_DIR) / self.public_id

    @property
    def arm_count(self) -> int | None:
        """How many arms it names; None where it takes all that there are."""
        return len(self.config.get("arms") or ()) or None

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def badge(self) -> str:
        """The state of a run that looks alike."""
        return {"scoring": "running", "done": "succeeded", "stopped": "cancelled"}.get(
            self.state, self.state
        )


class StudyRun(models.Model):
    """The run that carries out one cell of a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="cells")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="study_cell")
    key = models.CharField(max_length=200, help_text="Of the cell: arm, rate, sweep point, seed.")
    arm = models.CharField(max_length=60)
    rate = models.FloatField()
    swept = models.JSONField(default=dict, blank=True)
    seed = models.BigIntegerField()
    result = models.JSONField(
        default=dict, blank=True, help_text="What its run came to when it ended, and when that was."
    )
    stopped = models.BooleanField(
        default=False, help_text="Cancelled by a stop of the study, so that it can be resumed."
    )
    listed = models.BooleanField(
        default=False, help_text="Somebody has put what it made among the assistants."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="one_run_per_cell")]

    def __str__(self) -> str:
        return self.key


class StudyScore(models.Model):
    """That the test set, or the study's task, was or will be scored once with one run of a study,
    or with the base."""

    class Kind(models.TextChoices):
        TEST = "test", gettext_lazy("Test set")
        TASK = "task", gettext_lazy("Task")

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        WORKING = "working", gettext_lazy("Being scored")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    LIVE = (State.WAITING, State.WORKING)
    BASE = "base"  # key of the base's own scores, as the core has it

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="scores")
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.TEST)
    cell = models.ForeignKey(
        StudyRun,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="scores",
        help_text="None: the base as it is.",
    )
    key = models.CharField(max_length=200, help_text="Of its cell, or “base”.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    starts = models.SmallIntegerField(default=0, help_text="How often a worker began.")
    result = models.JSONField(
        default=dict, blank=True, help_text="Loss and tokens by dialogue, and other scores."
    )
    message = models.TextField(blank=True, help_text="Why there is no score.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["study", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "kind", "key"], name="scored_once")]

    def __str__(self) -> str:
        return f"{self.study.public_id} {self.key}"


class StudyLink(models.Model):
    """An address at which anybody can read a study. The database does not tell it."""

    public_id = models.CharField(max_length=40, unique=True, default=link_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="links")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.public_id


def study_tell(study: Study, how: str) -> None:
    """Say that a study has `finished`, `failed` or was `stopped`, as its row has it now."""
    study.refresh_from_db()
    study_ended.send(Study, study=study, how=how)
