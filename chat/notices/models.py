"""When a person last wrote, and when they were last told that this is an AI."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class TalkClock(models.Model):
    """One row a person, over all their talks, incognito ones too. It holds times and no words."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="talk_clock"
    )
    wrote_at = models.DateTimeField(help_text="The newest message.")
    told_at = models.DateTimeField(help_text="The newest notice that this is an AI.")

    def __str__(self) -> str:
        return f"talk clock of {self.user_id}"
