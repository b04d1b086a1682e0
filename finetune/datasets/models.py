"""Uploaded dialogue data."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.datasets.formats.form import DIALOGUES
from finetune.teams.models import Team, User


def file_id() -> str:
    """A public id in OpenAI's form."""
    return f"file-{secrets.token_hex(12)}"


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def for_user(self, user: User) -> DatasetQuerySet:
        return self.filter(team__members=user, deleted_at=None)

    def for_team(self, team: Team) -> DatasetQuerySet:
        return self.filter(team=team, deleted_at=None)

    def with_newer(self) -> DatasetQuerySet:
        """Say of each whether a newer version of it is there (`has_newer`)."""
        return self.annotate(has_newer=newer_version())

    def newest_first(self) -> DatasetQuerySet:
        """The newest version of each set, then the older ones, either with the newest first."""
        rows = self.with_newer()
        return rows.order_by(models.F("has_newer"), "-created_at", "-id")

    def newest(self) -> DatasetQuerySet:
        """The newest version of each set."""
        return self.filter(~newer_version())


def newer_version() -> Exists:
    """Whether a newer version of a row is there."""
    newer = Dataset.objects.filter(
        deleted_at=None,
        first=Coalesce(OuterRef("first_id"), OuterRef("pk")),
        version__gt=OuterRef("version"),
    )
    return Exists(newer)


class Dataset(models.Model):
    """One uploaded file, what the check found in it, and its train/validation split.

    A version of it is a row of its own, whose file is made of the version before.
    """

    class State(models.TextChoices):
        FETCHING = "fetching", gettext_lazy("Being fetched")
        UPLOADED = "uploaded", gettext_lazy("Waiting to be checked")
        CHECKING = "checking", gettext_lazy("Being checked")
        READY = "ready", gettext_lazy("Ready")
        FAILED = "failed", gettext_lazy("Cannot be used")
        CANCELLED = "cancelled", gettext_lazy("Check cancelled")

    public_id = models.CharField(max_length=40, unique=True, default=file_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="datasets")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=120)
    filename = models.CharField(max_length=200, help_text="As uploaded; never used as a path.")
    purpose = models.CharField(max_length=30, default="fine-tune")
    licence = models.CharField(max_length=80, blank=True)
    licence_tag = models.CharField(
        max_length=30, blank=True, help_text="As SPDX names it, or one of `findings.licences`."
    )
    source = models.TextField(blank=True, help_text="Where it comes from, in somebody's words.")
    for_evaluation = models.BooleanField(
        default=False, help_text="Others should have nothing in common with it."
    )
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
    first = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="later_versions",
        help_text="Version 1, of every other version.",
    )
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="next_versions",
        help_text="The version that this one was made of.",
    )
    version = models.PositiveIntegerField(default=1)
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text="What was changed in the version before: counts, and the first changes.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_began_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker took it; tells one hold from another."
    )
    checked_bytes = models.BigIntegerField(default=0, help_text="How far that worker is.")
    deleted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is deleted by itself; versions made of it too."
    )

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["team", "deleted_at", "-created_at", "-id"], name="dataset_list"),
            models.Index(fields=["-created_at", "-id"], name="dataset_newest"),
            models.Index(
                fields=["expires_at"],
                name="dataset_expiring",
                condition=Q(expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "version"], name="dataset_version_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def version_words(self) -> str:
        """Which version it is, for lists to choose from; empty where there is only one."""
        if getattr(self, "has_newer", False):
            return _("version %(n)s, an older one") % {"n": self.version}
        return _("version %(n)s") % {"n": self.version} if self.version > 1 else ""

    @property
    def family(self) -> Q:
        """Which rows are versions of the same set, this one among them."""
        first = self.first_id or self.pk
        return Q(pk=first) | Q(first_id=first)

    @property
    def kind(self) -> str:
        """What its records are: `dialogues`, or `preference`, pairs of replies."""
        return str((self.report or {}).get("kind") or DIALOGUES)

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

    @property
    def places_file(self) -> Path:
        return self.folder / "places"

    @property
    def changes_file(self) -> Path:
        """What is to be changed in the version before, one change a line."""
        return self.folder / "changes.jsonl"
