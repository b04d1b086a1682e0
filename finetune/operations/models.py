"""Announcements, and times in which no worker begins anything new."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext_lazy

MOST_LETTERS = 300
MOST_REASON = 200


class Announcement(models.Model):
    """A sentence on top of every page, for a time."""

    class Tone(models.TextChoices):
        NOTE = "note", gettext_lazy("Note")
        WARNING = "warning", gettext_lazy("Warning")

    text = models.CharField(max_length=MOST_LETTERS)
    text_zh = models.CharField(
        "text in Chinese",
        max_length=MOST_LETTERS,
        blank=True,
        help_text="For those who read the site in Chinese. Empty: they read the other.",
    )
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.NOTE)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is deleted.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = gettext_lazy("announcement")
        verbose_name_plural = ngettext_lazy("announcement", "announcements", 2)

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It would end before it starts."})


class Drain(models.Model):
    """A time in which workers begin no run, evaluation or trial; what they have begun goes on.

    The row without an end is the one of now; there is one at most.
    """

    reason = models.CharField(max_length=MOST_REASON, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="drains"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended_at=None), name="one_drain_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.reason or f"since {self.started_at:%Y-%m-%d %H:%M}"
