"""What a person of this site vouches for. Rows are added, never changed but by a withdrawal."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class LineVerification(models.Model):
    """Somebody of this site reached a help line and confirms its numbers."""

    country = models.CharField(max_length=2)
    line = models.CharField(max_length=60, help_text="Id of the line in the table.")
    numbers = models.CharField(max_length=300, help_text="What was confirmed, as it stood then.")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=400, blank=True, help_text="How it was confirmed.")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-confirmed_at", "-id"]
        indexes = [models.Index(fields=["country", "line"], name="line_verification")]

    def __str__(self) -> str:
        return f"{self.line}: {self.numbers}"


class WordReview(models.Model):
    """Somebody of this site read a card, a reply or a notice in one version and judged it."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "May be said"
        CHANGE = "change", "Needs changing"

    kind = models.CharField(max_length=20)
    word = models.CharField(max_length=80, help_text="Id within its kind.")
    version = models.IntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text that was read.")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    verdict = models.CharField(max_length=10, choices=Verdict)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["kind", "word"], name="word_review")]

    def __str__(self) -> str:
        return f"{self.kind} {self.word}, version {self.version}: {self.verdict}"
