"""Rows of the policy: a person's state, the log of what was done, and who is cleared for what."""

from __future__ import annotations

import secrets
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.policy.exceptions import AppendOnly
from chat.safety.levels import Level
from finetune.teams.models import ApiKey

# What a level does, since nobody is told one: who writes the next reply.
WRITERS = [
    (int(Level.ORDINARY), "assistant"),
    (int(Level.RAISED), "assistant, asks openly"),
    (int(Level.HIGH), "reviewed replies"),
]


def pseudonym() -> str:
    return f"person-{secrets.token_hex(8)}"


class RiskState(models.Model):
    """What the policy remembers of a person. It routes replies, and no page shows its level.

    There is a row only for people whom the policy had something to remember about.
    """

    mark = models.CharField(max_length=80, unique=True, help_text="`Person.mark`.")
    pseudonym = models.CharField(
        max_length=40, unique=True, default=pseudonym, help_text="Its name in the safety log."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    api_key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    level = models.SmallIntegerField(choices=WRITERS, default=0)
    category = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField(null=True, blank=True, help_text="When this episode began.")
    raised_at = models.DateTimeField(null=True, blank=True, help_text="Last time the level rose.")
    counted_from = models.DateTimeField(
        default=timezone.now, help_text="From when the time counts that the level is kept."
    )
    said = models.JSONField(
        default=list, blank=True, help_text="Ids of reviewed replies in this episode, oldest first."
    )
    cards = models.JSONField(
        default=dict, blank=True, help_text="Cards shown in this episode: key and time."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "-id"]
        permissions = [("lower_riskstate", "Can lower a person's state, with a reason")]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def whose(self) -> str:
        """How a reviewer may know the person: the account, or the key and the hash of its label."""
        if self.user is not None:
            return self.user.get_username()
        name = f"{self.api_key}, user " if self.api_key is not None else "session "
        return name + self.mark.rsplit(":", 1)[-1][:8]


class EntryQuerySet(models.QuerySet["SafetyEntry"]):
    """Adds and reads; whatever would change or remove an entry raises."""

    def update(self, **changes: Any) -> NoReturn:
        raise AppendOnly("Entries of the safety log are never changed.")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("Entries of the safety log are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Entries of the safety log are never deleted.")

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        if options.get("update_conflicts") or options.get("ignore_conflicts"):
            raise AppendOnly("Entries of the safety log are added, each of them, and that is all.")
        return super().bulk_create(objs, *args, **options)


class SafetyEntry(models.Model):
    """One thing that the policy did. Added once; never changed, never deleted.

    It holds no text and no name: `person` is a pseudonym that only a `RiskState` can lead back
    from, so once that row is gone an entry is about nobody.
    """

    class Action(models.TextChoices):
        RAISED = "raised", "State raised"
        AGAIN = "again", "Another sign"
        CATEGORY = "category", "Category changed"
        LAPSED = "lapsed", "State lowered by time"
        LOWERED = "lowered", "State lowered by a reviewer"
        CARD = "card", "Card shown"
        LIBRARY = "library", "Reviewed reply"
        CLEARED = "cleared", "Cleared assistant replied"
        QUESTION = "question", "Reviewed question added"
        HELD = "held", "Sentence of a reply held"
        UNGATED = "ungated", "Reply without the gate"
        READ = "read", "Logged text read"

    person = models.CharField(max_length=40)
    action = models.CharField(max_length=10, choices=Action)
    category = models.CharField(max_length=20, blank=True)
    level_from = models.SmallIntegerField(choices=WRITERS, default=0)
    level_to = models.SmallIntegerField(choices=WRITERS, default=0)
    conversation = models.CharField(max_length=40, blank=True, help_text="Public id, if any.")
    assistant = models.CharField(max_length=200, blank=True, help_text="API name.")
    source = models.CharField(max_length=60, blank=True, help_text="Rule, head, or class held.")
    reviewed = models.CharField(max_length=200, blank=True, help_text="Id and version of a reply.")
    reviewer = models.CharField(max_length=150, blank=True, help_text="Who did it, for a person's.")
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "safety log"
        indexes = [
            models.Index(fields=["person", "-id"], name="safety_of_person"),
            models.Index(fields=["action", "-id"], name="safety_of_action"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_action_display()}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Entries of the safety log are never changed.")
        options["force_insert"] = True
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly("Entries of the safety log are never deleted.")


class SafetyText(models.Model):
    """What was written, where `WUKONG_SAFETY_LOG_TEXT` is on. Goes with the person's state.

    A row of its own, so that words can be deleted while the entry stays.
    """

    entry = models.OneToOneField(SafetyEntry, on_delete=models.DO_NOTHING, related_name="words")
    state = models.ForeignKey(RiskState, on_delete=models.CASCADE, related_name="texts")
    text = models.TextField()

    class Meta:
        default_permissions = ("view",)
        permissions = [("read_safetytext", "Can read what was written, where it is logged")]

    def __str__(self) -> str:
        return f"text of entry {self.entry_id}"


class Clearance(models.Model):
    """Whether one assistant may write freely at one level: probes passed and a signature, both.

    It is about files: another training, another adapter has another hash, and no clearance.
    """

    TO_WHOM = (
        (int(Level.RAISED), "to somebody who may be carrying something heavy"),
        (int(Level.HIGH), "to somebody in danger"),
    )

    assistant = models.CharField(max_length=200, help_text="`Assistant.engine_name`.")
    level = models.SmallIntegerField(choices=TO_WHOM)
    checkpoint_hash = models.CharField(max_length=64)
    probe_set_version = models.CharField(max_length=40)
    passed = models.BooleanField()
    probed_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    signer = models.CharField(max_length=150, blank=True, help_text="Name, as it was then.")
    signed_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=1000, blank=True, help_text="What the reviewer states.")

    class Meta:
        ordering = ["-probed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assistant", "level", "checkpoint_hash", "probe_set_version"],
                name="one_clearance_per_probing",
            )
        ]
        permissions = [("sign_clearance", "Can sign an assistant's clearance")]

    def __str__(self) -> str:
        return f"{self.assistant}, probes {self.probe_set_version}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None and bool(self.words.strip())
