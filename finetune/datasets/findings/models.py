"""What further checks found in a data set, and how far they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy

from finetune.datasets.models import Dataset


class Findings(models.Model):
    """The further checks of one data set. Only `execution` moves them on."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting for a worker")
        WORKING = "working", gettext_lazy("Being looked at")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    LIVE = (State.WAITING, State.WORKING)

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="findings")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    share = models.FloatField(default=0, help_text="Of the work that is done, 0 to 1.")
    attempts = models.PositiveSmallIntegerField(default=0)
    message = models.TextField(blank=True, help_text="Why there are none.")
    result = models.JSONField(
        default=dict, blank=True, help_text="What each check found; places are in files."
    )
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "findings"

    def __str__(self) -> str:
        return f"findings of {self.dataset}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def folder(self) -> Path:
        return self.dataset.folder / "findings"

    @property
    def found(self) -> list[dict[str, Any]]:
        return list(self.result.get("findings") or [])
