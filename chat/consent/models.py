"""Who agreed to which version of the text, in which language, and when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Consent(models.Model):
    """One agreement. A newer version asks again; a withdrawal keeps the row with its date."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents"
    )
    version = models.CharField(max_length=40, help_text="Of the text, with what it said of here.")
    language = models.CharField(max_length=5, help_text="In which it was read.")
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at", "-id"]
        indexes = [models.Index(fields=["user", "version"], name="consent_current")]

    def __str__(self) -> str:
        return f"consent {self.version} of {self.user_id}"
