"""Uploaded dialogue data."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from finetune.teams.models import Team, User


def file_id() -> str:
    """A public id in OpenAI's form."""
    return f"file-{secrets.token_hex(12)}"


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def for_user(self, user: User) -> DatasetQuerySet:
        return self.filter(team__members=user, deleted_at=None)

    def for_team(self, team: Team) -> DatasetQuerySet:
        return self.filter(team=team, deleted_at=None)


class Dataset(models.Model):
    """One uploaded file, what the check found in it, and its train/validation split."""

    class State(models.TextChoices):
        FETCHING = "fetching", gettext_lazy("Being fetched")
        UPLOADED = "uploaded", gettext_lazy("Waiting to be checked")
        CHECKING = "checking", gettext_lazy("Being checked")
        READY = "ready", gettext_lazy("Ready")
        FAILED = "failed", gettext_lazy("Cannot be used")

    public_id = models.CharField(max_length=40, unique=True, default=file_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="datasets")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=120)
    filename = models.CharField(max_length=200, help_text="As uploaded; never used as a path.")
    purpose = models.CharField(max_length=30, default="fine-tune")
    licence = models.CharField(max_length=80, blank=True)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text="Format (or auto), column mapping, split seed, fraction.",
    )
    report = models.JSONField(default=dict, blank=True, help_text="What the check found.")
    problem = models.JSONField(
        default=dict, blank=True, help_text="Why the whole file was refused: code, message, hint."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["team", "deleted_at", "-created_at", "-id"], name="dataset_list"),
            models.Index(fields=["-created_at", "-id"], name="dataset_newest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> Path:
        return Path(settings.DATASET_DIR) / self.public_id

    @property
    def original_file(self) -> Path:
        return self.folder / "original"

    @property
    def train_file(self) -> Path:
        return self.folder / "train.jsonl"

    @property
    def validation_file(self) -> Path:
        return self.folder / "validation.jsonl"

    @property
    def problems_file(self) -> Path:
        return self.folder / "problems.jsonl"
