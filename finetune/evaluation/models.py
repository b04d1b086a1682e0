"""Evaluations: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.teams.models import Team, User

from .process.order import RESULT


def evaluation_id() -> str:
    return f"eval-{secrets.token_hex(12)}"


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def for_user(self, user: User) -> EvaluationQuerySet:
        return self.filter(team__members=user)

    def for_team(self, team: Team) -> EvaluationQuerySet:
        return self.filter(team=team)


class Evaluation(models.Model):
    """One evaluation of a run, of a checkpoint or of a base, on dialogues or problems."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        WORKING = "working", gettext_lazy("Being computed")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    class Kind(models.TextChoices):
        SCORES = "scores", gettext_lazy("Loss and next tokens")
        REPLIES = "replies", gettext_lazy("Replies beside what was said")
        ARITHMETIC = "arithmetic", gettext_lazy("Arithmetic")
        IMPORTED = "imported", gettext_lazy("Cases written elsewhere")
        HARNESS = "harness", gettext_lazy("A task of lm-evaluation-harness")
        LADDER = "ladder", gettext_lazy("Fidelity ladder")

    class Part(models.TextChoices):
        HELD_OUT = "held_out", gettext_lazy("the held-out part")
        ALL = "all", gettext_lazy("all of it")

    LIVE = (State.WAITING, State.WORKING)
    OWN_DATA = (Kind.IMPORTED, Kind.HARNESS)  # takes no dialogues: what is put stands elsewhere

    public_id = models.CharField(max_length=40, unique=True, default=evaluation_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="evaluations")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    run = models.ForeignKey(
        Run,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="evaluations",
        help_text="None: a base by itself.",
    )
    base = models.ForeignKey(BaseModel, on_delete=models.CASCADE, related_name="+")
    checkpoint = models.CharField(
        max_length=12, default="best", help_text="best, last, base (no adapter) or a step."
    )
    dataset = models.ForeignKey(
        Dataset,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="None: what the run itself has held out.",
    )
    data_name = models.CharField(max_length=120, blank=True)
    part = models.CharField(max_length=10, choices=Part, default=Part.HELD_OUT)
    terms = models.JSONField(default=dict, blank=True)
    spending = models.JSONField(
        default=dict,
        blank=True,
        help_text="For a ladder's rung on a chip, what a person agreed to, as a run keeps it.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    share = models.FloatField(default=0, help_text="Of the work that is done, 0 to 1.")
    attempts = models.IntegerField(default=0)
    message = models.TextField(blank=True, help_text="Why there is no result.")
    result = models.JSONField(
        default=dict, blank=True, help_text="What came out, but for the single dialogues."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What is evaluated."""
        if self.run is None:
            return self.base.title
        if self.checkpoint == "base":
            return _("%(base)s, without the adapter") % {"base": self.base.title}
        step = self.result.get("model", {}).get("step", self.checkpoint)
        return _("%(name)s, step %(step)s") % {"name": self.run.name, "step": step}

    @property
    def folder(self) -> Path:
        """Where it is computed: with its run, and goes where that goes."""
        place = Path(settings.DATA_DIR) if self.run is None else self.run.folder
        return place / "evaluations" / self.public_id

    @property
    def file(self) -> Path | None:
        """Everything that came out, where it is there."""
        path = self.folder / RESULT
        return path if self.state == self.State.DONE and path.is_file() else None

    @property
    def can_be_voted_on(self) -> bool:
        """Whether it holds replies of a run's own weights."""
        return (
            self.kind == self.Kind.REPLIES
            and self.state == self.State.DONE
            and self.run_id is not None
            and self.checkpoint != "base"
        )

    @property
    def percent(self) -> int:
        return int(100 * self.share)

    @property
    def circuit(self) -> str:
        """What stood in the trained circuit's place; empty where that stood there itself."""
        way = str((self.result.get("circuit") or {}).get("way", self.terms.get("circuit", "")))
        return "" if way == "trained" else way

    @property
    def rungs(self) -> list[dict[str, Any]]:
        rungs: list[dict[str, Any]] = self.result.get("rungs", [])
        return rungs

    @property
    def tasks(self) -> list[tuple[str, dict[str, Any]]]:
        """Of the harness: each task's name, metrics and number of documents."""
        return list(self.result.get("tasks", {}).items())

    @property
    def badge(self) -> str:
        """The state of a run that looks alike."""
        return {"working": "running", "done": "succeeded", "waiting": "queued"}.get(
            self.state, self.state
        )
