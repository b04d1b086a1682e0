"""An upload that is under way, and the parts of it that have arrived."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from finetune.datasets.models import Dataset
from finetune.teams.models import Team, User


def upload_id() -> str:
    return f"upload_{secrets.token_hex(12)}"


def part_id() -> str:
    return f"part_{secrets.token_hex(12)}"


class UploadQuerySet(models.QuerySet["Upload"]):
    def for_team(self, team: Team) -> UploadQuerySet:
        return self.filter(team=team)

    def for_user(self, user: User) -> UploadQuerySet:
        """A person's own, in teams that they are still in."""
        return self.filter(created_by=user, team__members=user)

    def open(self) -> UploadQuerySet:
        """Those that take parts, or whose parts are being put together."""
        states = [Upload.State.PENDING, Upload.State.COMPLETING]
        return self.filter(state__in=states, expires_at__gt=timezone.now())


class Upload(models.Model):
    """One file that comes in parts."""

    class State(models.TextChoices):
        PENDING = "pending"
        COMPLETING = "completing"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    public_id = models.CharField(max_length=40, unique=True, default=upload_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    filename = models.CharField(max_length=200)
    purpose = models.CharField(max_length=30, default="fine-tune")
    mime_type = models.CharField(max_length=120, blank=True)
    bytes = models.BigIntegerField(help_text="Of the whole file, as announced.")
    part_bytes = models.BigIntegerField(
        default=0, help_text="Of each numbered part but the last; 0: parts have no numbers."
    )
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Of the file as a browser knows it, to find it again."
    )
    name = models.CharField(max_length=120, blank=True)
    licence = models.CharField(max_length=80, blank=True)
    options = models.JSONField(default=dict, blank=True)
    lifetime_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="After which the file that it makes is deleted."
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its parts began to be put together."
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["team", "state"], name="upload_open")]

    def __str__(self) -> str:
        return self.filename

    @property
    def folder(self) -> Path:
        return Path(settings.UPLOAD_PART_DIR) / self.public_id

    @property
    def whole_file(self) -> Path:
        return self.folder / "whole"

    @property
    def part_count(self) -> int:
        """How many numbered parts the file has."""
        return -(-self.bytes // self.part_bytes) if self.part_bytes else 0


class UploadPart(models.Model):
    """One part that is on the disk whole."""

    public_id = models.CharField(max_length=40, unique=True, default=part_id, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="Its place in the file, from 0, where it has one."
    )
    bytes = models.BigIntegerField()
    crc32 = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_part_once"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def file(self) -> Path:
        return self.upload.folder / self.public_id
