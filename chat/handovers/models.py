"""Rows of handovers, and who looked at what."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from chat.conversations.models import Conversation


def handover_id() -> str:
    return f"handover-{secrets.token_hex(8)}"


class Handover(models.Model):
    """One wish for a human, from asking to the answer."""

    class Shares(models.TextChoices):
        NOTHING = "nothing", gettext_lazy("Only what I write here")
        LAST = "last", gettext_lazy("The last messages of this conversation")
        ALL = "all", gettext_lazy("This whole conversation")

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waits for somebody")
        TAKEN = "taken", gettext_lazy("Somebody reads it")
        ANSWERED = "answered", gettext_lazy("Answered")
        WITHDRAWN = "withdrawn", gettext_lazy("Taken back")

    OPEN = (State.WAITING, State.TAKEN)

    public_id = models.CharField(max_length=40, unique=True, default=handover_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="handovers"
    )
    shares = models.CharField(max_length=7, choices=Shares, default=Shares.NOTHING)
    turn = models.IntegerField(help_text="Last turn that is shared: later ones are not.")
    words = models.TextField(blank=True, help_text="What the person writes to whoever reads it.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "id"], name="handover_queue")]
        permissions = [("answer_handover", "Can read what people hand over, and answer them")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class HandoverLook(models.Model):
    """Somebody has seen what a person shared."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="looks")
    reviewer = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.reviewer} saw {self.handover}"
