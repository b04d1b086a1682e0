"""Changes of single dialogues that a person has made and not yet saved as a version."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from finetune.datasets.models import Dataset


class DialogueDraft(models.Model):
    """What one person wants to change in one dialogue of one version.

    There is one row for a dialogue, so that two open tabs add to each other.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dialogue_drafts"
    )
    line = models.BigIntegerField()
    left_out = models.BooleanField(default=False)
    messages = models.JSONField(null=True, blank=True)
    tags = models.JSONField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "user", "line"], name="dialogue_draft_once")
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.dataset_id}"
