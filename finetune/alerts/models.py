"""Who wants to be told what, what there was to tell, and whether it arrived."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from finetune.runs.models import Run
from finetune.studies.models import Study
from finetune.teams.models import Team, User

from .kinds import USUAL, Kind
from .outcomes import problem_words


def webhook_id() -> str:
    return f"hook-{secrets.token_hex(12)}"


def message_id() -> str:
    """The specification's `webhook-id`: the same for every try of one message."""
    return f"msg_{secrets.token_hex(12)}"


def usual() -> list[str]:
    return list(USUAL)


class AlertChoice(models.Model):
    """What one person wants to hear of one team's runs and studies. Without a row: everything that
    is usual, and no e-mail."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kinds = models.JSONField(default=usual)
    mine_only = models.BooleanField(default=False, help_text="Runs that this person started.")
    by_mail = models.BooleanField(default=False)
    language = models.CharField(max_length=20, default="en", help_text="Of the page it was set on.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_alert_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.team}"

    def wants(self, kind: str, subject: Run | Study) -> bool:
        mine = subject.created_by_id == self.user_id
        return kind in self.kinds and (mine or not self.mine_only)


class Webhook(models.Model):
    """An address that is told, signed with a secret that was shown once.

    Like an API key it works while the person who made it is in the team.
    """

    public_id = models.CharField(max_length=40, unique=True, default=webhook_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="webhooks")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    sealed_secret = models.TextField(help_text="The signing secret, sealed.")
    kinds = models.JSONField(default=usual)
    on = models.BooleanField(default=True)
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was turned off because it answered 410 Gone."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.host})"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def shown_url(self) -> str:
        """Without its parameters, which often are a password."""
        return self.url.partition("?")[0] + ("?…" if "?" in self.url else "")

    @property
    def maker_is_there(self) -> bool:
        return self.created_by.is_active and self.team.memberships.filter(
            user=self.created_by_id
        ).exists()  # fmt: skip

    @property
    def kind_labels(self) -> list[str]:
        return [str(Kind(kind).label) for kind in self.kinds]

    @property
    def in_the_clear(self) -> bool:
        return self.url.startswith("http:")


class Alert(models.Model):
    """Something to tell: made in the transaction that writes a run's line, or ends a study."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="alerts")
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="alerts")
    study = models.ForeignKey(Study, null=True, on_delete=models.CASCADE, related_name="alerts")
    seq = models.IntegerField(null=True, help_text="Of the run's event.")
    kind = models.CharField(max_length=20, choices=Kind)
    kinds = models.JSONField(help_text="What it may be told as; the first is `kind`.")
    words = models.TextField(blank=True, help_text="What the log said, for people of the team.")
    facts = models.JSONField(default=dict, help_text="What webhooks are sent, without words.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="one_alert_per_event")]
        indexes = [models.Index(fields=["team", "-created_at", "-id"], name="alert_list")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}"

    @property
    def subject(self) -> Run | Study | None:
        """What it is about; None for a test."""
        return self.run or self.study

    def kind_for(self, kinds: list[str]) -> str:
        """As what it is told to somebody who asks for these; empty: not at all."""
        return next((kind for kind in self.kinds if kind in kinds), "")


class Delivery(models.Model):
    """One alert on its way to one webhook or one person. The row is the queue: a worker claims it
    for a while, and a claim that lapses is taken up again."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        SENDING = "sending", gettext_lazy("Being sent")
        DONE = "done", gettext_lazy("Delivered")
        FAILED = "failed", gettext_lazy("Given up")

    OPEN = (State.WAITING, State.SENDING)

    public_id = models.CharField(max_length=40, unique=True, default=message_id, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    webhook = models.ForeignKey(
        Webhook, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(
        default=timezone.now, help_text="Of the next try; while it is sent: end of the claim."
    )
    tries = models.IntegerField(default=0)
    allowed = models.IntegerField(help_text="Tries until it is given up.")
    log = models.JSONField(
        default=list, blank=True, help_text="Of each try: at, seconds, status, problem, detail."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "webhook"], name="one_delivery_per_webhook"),
            models.UniqueConstraint(fields=["alert", "user"], name="one_delivery_per_person"),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook or self.user}"

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """Each try with its words; none for one that arrived."""
        return [
            {**entry, "at": datetime.fromisoformat(entry["at"]), "words": problem_words(entry)}
            for entry in self.log
        ]

    @property
    def badge(self) -> str:
        """The state of a run that looks alike."""
        return {"waiting": "queued", "sending": "running", "done": "succeeded"}.get(
            self.state, self.state
        )

    def may_be_handled_by(self, user: User, *, owner: bool) -> bool:
        if self.webhook is not None:
            return owner or self.webhook.created_by_id == user.pk
        return self.user_id == user.pk
