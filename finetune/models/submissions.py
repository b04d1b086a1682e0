"""Forms that were sent: what one made, so that sending it again makes nothing more."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Submission(models.Model):
    """One sent form of one person. The row and what it made are kept in the same transaction."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions"
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the form's token and fields.")
    made = models.CharField(max_length=80, help_text="Public id of what it made.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="one_submission_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.made}"
