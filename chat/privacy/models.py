"""What a person chose about their chats, and the receipts of what was deleted."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from chat.privacy.periods import PERIODS


def receipt_id() -> str:
    return f"receipt-{secrets.token_hex(12)}"


class PrivacyChoice(models.Model):
    """For how long talks are kept, and what a browser's tab says meanwhile."""

    class Tab(models.TextChoices):
        NEUTRAL = "neutral", gettext_lazy("A neutral word")
        NAME = "name", gettext_lazy("The conversation’s name")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="privacy_choice"
    )
    keep_days = models.PositiveSmallIntegerField(
        default=0, choices=PERIODS, help_text="After the last message; 0: until deleted."
    )
    tab = models.CharField(max_length=7, choices=Tab, default=Tab.NEUTRAL)

    def __str__(self) -> str:
        return f"privacy choice of {self.user_id}"


class DeletionReceipt(models.Model):
    """That rows were deleted for good: how many, when, why. No word of what they held."""

    class Reason(models.TextChoices):
        ASKED = "asked", gettext_lazy("You asked for it")
        UNDO = "undo", gettext_lazy("You deleted it and did not bring it back")
        TIMER = "timer", gettext_lazy("Its time had run out")

    public_id = models.CharField(max_length=40, unique=True, default=receipt_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deletion_receipts"
    )
    reason = models.CharField(max_length=5, choices=Reason)
    counts = models.JSONField(help_text="Rows deleted, by kind.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.public_id
