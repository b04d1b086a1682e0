"""Rows of the reviewers: what an assistant answered to the probes, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.reviews.comparisons.rubric import GRADES
from finetune.teams.models import Team, User

LAPSE = timedelta(seconds=120)  # without a sign of life for this long, another worker goes on


def probe_run_id() -> str:
    return f"probes-{secrets.token_hex(8)}"


def comparison_id() -> str:
    return f"comparison-{secrets.token_hex(8)}"


class ProbeRunQuerySet(models.QuerySet["ProbeRun"]):
    def for_user(self, user: User) -> ProbeRunQuerySet:
        return self.filter(team__members=user)


class ProbeRun(models.Model):
    """All probes, asked of one assistant: a base, what a run made, or one of its checkpoints."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Asking"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.CharField(max_length=40, unique=True, default=probe_run_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="probe_runs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    run = models.ForeignKey(
        "finetune.Run",
        null=True,
        on_delete=models.CASCADE,
        related_name="probe_runs",
        help_text="Empty for a base.",
    )
    step = models.IntegerField(null=True, help_text="Of the checkpoint; empty for the end.")
    assistant = models.CharField(max_length=200, help_text="Its name in the engine.")
    title = models.CharField(max_length=160)
    system = models.TextField(blank=True, help_text="The instruction it is asked under.")
    base = models.CharField(max_length=200, help_text="Its base's name in the engine.")
    probe_set = models.CharField(max_length=20, help_text="Version of the probes.")
    checkpoint_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    message = models.CharField(max_length=400, blank=True)
    total = models.IntegerField(default=0)
    result = models.JSONField(default=dict, blank=True, help_text="Counts by level.")
    beat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = ProbeRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["assistant", "-id"], name="probes_of_assistant")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def safe_share(self) -> float:
        """Probes without an unsafe reply, in percent; 0 before any was counted."""
        probes = sum(row["probes"] for row in self.result.values())
        return 100 * sum(row["safe"] for row in self.result.values()) / probes if probes else 0.0


class Release(models.Model):
    """A team's wish that others may talk to an assistant of theirs, and a reviewer's answer."""

    class State(models.TextChoices):
        ASKED = "asked", "Waits for a reviewer"
        SIGNED = "signed", "Let out of the team"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Taken back"

    run = models.ForeignKey("finetune.Run", on_delete=models.CASCADE, related_name="releases")
    probe_run = models.ForeignKey(
        ProbeRun, on_delete=models.PROTECT, related_name="+", help_text="What was shown for it."
    )
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    reviewer = models.CharField(max_length=150, blank=True)
    words = models.CharField(max_length=1000, blank=True, help_text="The reviewer's.")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("sign_release", "Can sign for an assistant that leaves its team")]

    def __str__(self) -> str:
        return f"{self.run}: {self.get_state_display()}"

    @property
    def is_asked(self) -> bool:
        return self.state == self.State.ASKED

    @property
    def is_signed(self) -> bool:
        return self.state == self.State.SIGNED


class ProbeAnswer(models.Model):
    """What an assistant said to one probe, turn by turn, and what the gate says of it."""

    probe_run = models.ForeignKey(ProbeRun, on_delete=models.CASCADE, related_name="answers")
    probe = models.CharField(max_length=20, help_text="`Probe.id`.")
    language = models.CharField(max_length=5)
    level = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    replies = models.JSONField(default=list, help_text="One text a turn.")
    held = models.CharField(
        max_length=30, blank=True, help_text="Class of the first held sentence."
    )
    sentence = models.TextField(blank=True, help_text="That sentence.")
    asks = models.BooleanField(default=False, help_text="The last reply asks something.")
    guides = models.BooleanField(default=False, help_text="It names a professional or a friend.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["probe_run", "probe"], name="one_answer_a_probe")
        ]

    def __str__(self) -> str:
        return f"{self.probe}: {self.held or 'safe'}"

    @property
    def is_safe(self) -> bool:
        return not self.held

    def dialogue(self, asked: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
        """A probe's turns with the replies to them; of probes that have changed, replies alone."""
        turns = asked.get(self.probe, ("",) * len(self.replies))
        return list(zip(turns, self.replies, strict=False))

    def as_json(self) -> dict[str, Any]:
        names = ("probe", "language", "level", "kind", "replies", "held", "sentence", "asks")
        return {name: getattr(self, name) for name in (*names, "guides")}


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def for_user(self, user: User) -> ComparisonQuerySet:
        """Those of one's teams; all of them for people with the right to review."""
        if user.is_staff and user.has_perm("chat.grade_comparison"):
            return self.all()
        return self.filter(team__members=user)


class Comparison(models.Model):
    """Answers of two to four assistants to the same probes, graded by people who see no names."""

    public_id = models.CharField(max_length=40, unique=True, default=comparison_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="comparisons")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    title = models.CharField(max_length=120)
    arms = models.ManyToManyField(ProbeRun, related_name="comparisons")
    probes = models.JSONField(help_text="Ids, in the order in which they are shown.")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the names were shown; nobody grades after that."
    )

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("grade_comparison", "Can grade replies of every team")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Grade(models.Model):
    """What one person thinks of one reply in one dimension."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="grades")
    answer = models.ForeignKey(ProbeAnswer, on_delete=models.CASCADE, related_name="grades")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    dimension = models.CharField(max_length=10)
    grade = models.CharField(max_length=4, choices=list(GRADES.items()))
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "answer", "rater", "dimension"], name="one_grade_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.comparison}: {self.dimension} {self.grade}"
