"""What a person thinks of one reply, and who took a copy of what was shared."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from chat.conversations.models import Message
from finetune.teams.models import Team


class Rating(models.Model):
    """Whether one variant of a reply helped, and why in the person's own words.

    Private, unless the person let their team use it.
    """

    LONGEST = 1000

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="rating")
    helpful = models.BooleanField()
    words = models.TextField(blank=True)
    blind = models.BooleanField(default=False, help_text="Given while the names were hidden.")
    shared_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the person let their team use it; empty: they do not.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    rated_at = models.DateTimeField(default=timezone.now, help_text="Of what is said now.")

    class Meta:
        ordering = ["-rated_at", "-id"]

    def __str__(self) -> str:
        return f"rating of {self.message_id}"


class SharedDownload(models.Model):
    """An owner of a team took a file of what its people shared. Kept without any of its words."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shared_downloads")
    by = models.CharField(max_length=150, help_text="Name, as it was then.")
    lines = models.IntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["team", "at"], name="shared_download_of_team")]

    def __str__(self) -> str:
        return f"{self.team}: {self.at:%Y-%m-%d %H:%M}"
