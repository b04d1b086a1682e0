"""Fetches: what was asked for, how far it is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from finetune.datasets.models import Dataset


class DatasetFetch(models.Model):
    """How a data set's file comes from an address. Its data set is `fetching` until it is there."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        LOADING = "loading", gettext_lazy("Being fetched")
        DONE = "done", gettext_lazy("Fetched")
        FAILED = "failed", gettext_lazy("Failed")
        STOPPED = "stopped", gettext_lazy("Stopped")

    OPEN = (State.WAITING, State.LOADING)

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="fetch")
    address = models.CharField(max_length=2000, help_text="As it was given.")
    shown = models.CharField(max_length=2000, help_text="Without its query, which may be a key.")
    revision = models.CharField(max_length=80, blank=True, help_text="Commit of the hub.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    done = models.BigIntegerField(default=0, help_text="Bytes that have come.")
    total = models.BigIntegerField(null=True, blank=True, help_text="Bytes, where they are told.")
    stop_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(help_text="The last sign of life.")

    class Meta:
        verbose_name_plural = "dataset fetches"

    def __str__(self) -> str:
        return self.shown

    @property
    def share(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None
