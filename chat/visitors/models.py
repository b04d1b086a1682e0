"""A visitor: an account without name and password that one browser's session alone can use.

Being a row of `User`, a visitor has everything that belongs to a person (risk state, country,
consents, own conversations) by the same code, and nothing of a team, having none.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Visitor(models.Model):
    """Marks an account as a visitor's, and when it was last used."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="visitor"
    )
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="Of the last message.")

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="visitor_seen")]

    def __str__(self) -> str:
        return f"visitor {self.user_id}"
