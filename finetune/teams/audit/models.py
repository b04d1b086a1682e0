"""The rows of the audit log. None is changed, and only `audit_prune` takes old ones away."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy


class AppendOnly(Exception):
    """Somebody tried to change the audit log, or to take a row out of it."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__("The audit log is only added to. Old rows go by `audit_prune` alone.")


class AuditRows(models.QuerySet["AuditEntry"]):
    """Reads and adds. What would change rows is refused."""

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def _raw_delete(self, using: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly

    def update_or_create(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly

    def bulk_create(self, objs: Any, *arguments: Any, **options: Any) -> list[AuditEntry]:
        if options.get("update_conflicts") or any(one.pk is not None for one in objs):
            raise AppendOnly
        return super().bulk_create(objs, *arguments, **options)

    def prune(self, before: datetime) -> int:
        """Take away what is older than a moment; for `audit_prune` alone, which logs that."""
        rows: models.QuerySet[AuditEntry] = models.QuerySet(AuditEntry, using=self.db)
        return int(rows.filter(at__lt=before)._raw_delete(self.db))


class AuditEntry(models.Model):
    """One thing that was done.

    People, teams and things are kept as they were named then, without foreign keys: a row stays as
    it is whatever becomes of them.
    """

    class Door(models.TextChoices):
        PAGE = "page", gettext_lazy("Page")
        API = "api", gettext_lazy("API")
        CONSOLE = "console", gettext_lazy("Console")
        COMMAND = "command", gettext_lazy("Command line")
        WORKER = "worker", gettext_lazy("In the background")

    at = models.DateTimeField(default=timezone.now, editable=False)
    action = models.CharField(max_length=40, help_text="As run.started; audit/actions.py has all.")
    person_id = models.BigIntegerField(null=True, blank=True)
    person = models.CharField(max_length=150, blank=True, help_text="Who did it; their name then.")
    team_id = models.BigIntegerField(null=True, blank=True)
    team = models.CharField(max_length=80, blank=True, help_text="Whose thing it was.")
    kind = models.CharField(max_length=40, blank=True, help_text="Of the thing.")
    thing_id = models.CharField(max_length=80, blank=True)
    thing = models.CharField(max_length=200, blank=True, help_text="Its name then.")
    door = models.CharField(max_length=10, choices=Door)
    key_prefix = models.CharField(
        max_length=16, blank=True, help_text="First characters of the API key."
    )
    address = models.CharField(max_length=64, blank=True, help_text="Behind trusted proxies.")
    details = models.JSONField(default=dict, blank=True)

    objects = AuditRows.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log"
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["team_id", "-at", "-id"], name="audit_team"),
            models.Index(fields=["-at", "-id"], name="audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.thing}".strip()

    def save(self, *arguments: Any, **options: Any) -> None:
        if self.pk is not None or not self._state.adding:
            raise AppendOnly
        super().save(*arguments, **options)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly
