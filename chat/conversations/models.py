"""Conversations and what was said in them. A delete hides, a new variant supersedes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from chat.conversations.ids import conversation_id, message_id
from chat.conversations.sides import SIDES, side_name
from finetune.teams.models import Team, User

LAPSE = timedelta(seconds=10)  # a reply without a sign of life for this long has lost its process


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_user(self, user: User) -> ConversationQuerySet:
        """A person's own conversations, in teams that they are still in; a visitor's own."""
        mine = Q(team__in=Team.objects.filter(members=user))
        if settings.ANONYMOUS_CHAT:
            mine |= Q(anonymous=True)  # a visitor is in no team
        return self.filter(mine, user=user)


class Conversation(models.Model):
    """One person's talk with one assistant, or with two or three side by side. Private to them."""

    public_id = models.CharField(
        max_length=40, unique=True, default=conversation_id, editable=False
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="conversations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    title = models.CharField(max_length=120)
    assistant_a = models.CharField(max_length=200, help_text="API name of the assistant.")
    assistant_b = models.CharField(max_length=200, blank=True, help_text="Second one, to compare.")
    assistant_c = models.CharField(max_length=200, blank=True, help_text="Third one, to compare.")
    title_a = models.CharField(max_length=120)
    title_b = models.CharField(max_length=120, blank=True)
    title_c = models.CharField(max_length=120, blank=True)
    revealed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the first vote showed the names (compare)."
    )
    anonymous = models.BooleanField(default=False, help_text="A visitor's, who has no account.")
    branched_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="branches"
    )
    branched_at = models.IntegerField(
        null=True, blank=True, help_text="First turn of its own; those before it are copies."
    )
    family = models.CharField(
        max_length=40,
        blank=True,
        db_index=True,
        help_text="Of a branch: public id of the conversation that the whole tree began with.",
    )
    revision = models.IntegerField(default=0, help_text="Counts every change that a page shows.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["user", "team", "-updated_at"], name="conversation_list"),
            models.Index(fields=["-updated_at", "-id"], name="conversation_newest"),
            models.Index(
                fields=["user", "-pinned_at"],
                name="conversation_pinned",
                condition=Q(pinned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def compares(self) -> bool:
        return bool(self.assistant_b)

    @property
    def sides(self) -> tuple[str, ...]:
        return tuple(side for side in SIDES if self.assistant_on(side)[0])

    @property
    def names_hidden(self) -> bool:
        return self.compares and self.revealed_at is None

    def assistant_on(self, side: str) -> tuple[str, str]:
        """API name and title of the assistant on this side."""
        return getattr(self, f"assistant_{side}"), getattr(self, f"title_{side}")

    @property
    def named_sides(self) -> list[tuple[str, str]]:
        """What each side is called, and the title of the assistant on it."""
        sides = self.sides
        return [(side_name(side, len(sides)), self.assistant_on(side)[1]) for side in sides]


def revise(conversation: Conversation, **changes: Any) -> int:
    """Count one change of what a page shows; returns the new revision."""
    Conversation.objects.filter(pk=conversation.pk).update(revision=F("revision") + 1, **changes)
    conversation.refresh_from_db(fields=["revision", *changes])
    return conversation.revision


class Message(models.Model):
    """One turn of a person, or one variant of a reply to it."""

    class Role(models.TextChoices):
        USER = "user", "Person"
        ASSISTANT = "assistant", "Assistant"

    class State(models.TextChoices):
        STREAMING = "streaming", "Being written"
        DONE = "done", "Complete"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"
        INTERRUPTED = "interrupted", "Interrupted"

    class Writer(models.TextChoices):
        ASSISTANT = "assistant", "Assistant"
        LIBRARY = "library", "Reviewed reply"

    public_id = models.CharField(max_length=40, unique=True, default=message_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    turn = models.IntegerField()
    role = models.CharField(max_length=9, choices=Role)
    side = models.CharField(max_length=1, blank=True, help_text="a, b or c; empty for the person.")
    variant = models.IntegerField(default=1, help_text="1 for the first reply, 2 for the next try.")
    content = models.TextField(blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.DONE)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=400, blank=True)
    assistant = models.CharField(max_length=200, blank=True, help_text="API name, as it was then.")
    assistant_title = models.CharField(max_length=120, blank=True)
    prompt_tokens = models.IntegerField(null=True, blank=True)
    reply_tokens = models.IntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    risk_category = models.CharField(max_length=20, blank=True)
    risk_rule = models.CharField(max_length=40, blank=True)
    risk_level = models.SmallIntegerField(default=0, help_text="Of the message, for routing only.")
    card_key = models.CharField(max_length=20, blank=True)
    card_language = models.CharField(max_length=5, blank=True)
    notice = models.CharField(
        max_length=7, blank=True, help_text="Which notice that this is an AI stands before it."
    )
    quiet_line = models.TextField(blank=True, help_text="Shown where the card was shown before.")
    quiet_card = models.CharField(
        max_length=20, blank=True, help_text="The card that stands folded above that line."
    )
    writer = models.CharField(
        max_length=9,
        choices=Writer,
        default=Writer.ASSISTANT,
        help_text="Of a reply: the assistant, or the library of reviewed replies.",
    )
    reviewed_id = models.CharField(
        max_length=160, blank=True, help_text="The reviewed reply, or the question that ends it."
    )
    reviewed_version = models.CharField(max_length=20, blank=True)
    revision = models.IntegerField(default=0, help_text="Of the conversation, at its last change.")
    beat_at = models.DateTimeField(
        null=True, blank=True, help_text="Last sign of life of the process that writes it."
    )
    copied_from = models.CharField(
        max_length=40, blank=True, help_text="In a branch: public id of the first such message."
    )
    reads_from = models.IntegerField(
        null=True,
        blank=True,
        help_text="Of a reply: first turn that its assistant read; empty where none did.",
    )
    told = models.TextField(
        blank=True, help_text="What its assistant was told of the turns that did not fit."
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "turn", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "turn", "side", "variant"], name="one_variant_per_place"
            )
        ]
        indexes = [
            # Whole, not only of streaming rows: SQLite takes no partial index for a bound value.
            models.Index(fields=["state", "conversation"], name="message_state"),
            models.Index(fields=["conversation", "revision"], name="message_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} ({self.role}, {self.state})"

    @property
    def is_streaming(self) -> bool:
        return self.state == self.State.STREAMING

    @property
    def unread_turns(self) -> int:
        """Of a reply: how many turns its assistant did not read, because they did not fit."""
        return (self.reads_from or 1) - 1

    @property
    def concerned_policy(self) -> bool:
        """Whether the policy had anything to say about this message of a person."""
        return bool(self.risk_level or self.risk_category or self.card_key or self.quiet_line)

    @property
    def has_reviewed_words(self) -> bool:
        """Whether the library wrote it, or stands in it for what the assistant wrote."""
        return self.writer == self.Writer.LIBRARY or self.error_code == "content_filter"

    @property
    def is_complete(self) -> bool:
        return self.state == self.State.DONE and bool(self.content.strip())

    @property
    def is_all_its_own(self) -> bool:
        """Whether every word of it is the assistant's: no reviewed question ends it either."""
        return not self.has_reviewed_words and not self.reviewed_id

    @property
    def has_lapsed(self) -> bool:
        """Whether nobody writes it any more although it was never finished."""
        return self.is_streaming and (self.beat_at is None or self.beat_at < timezone.now() - LAPSE)


class Vote(models.Model):
    """Which of two or three replies a person preferred. `blind`: before the names were shown."""

    class Choice(models.TextChoices):
        A = "a", "First (left)"
        B = "b", "Second (right)"
        C = "c", "Third"
        TIE = "tie", "All good"
        NEITHER = "neither", "None"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="votes")
    turn = models.IntegerField()
    choice = models.CharField(max_length=7, choices=Choice)
    blind = models.BooleanField()
    assistant_a = models.CharField(max_length=200)
    assistant_b = models.CharField(max_length=200)
    assistant_c = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    cast_at = models.DateTimeField(
        default=timezone.now, help_text="Of the choice that counts; it is about what stood there."
    )
    shared_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the person let their team use it; empty: they do not.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "turn"], name="one_vote_per_turn")
        ]

    def __str__(self) -> str:
        return f"{self.conversation} turn {self.turn}: {self.choice}"


class ChatPreference(models.Model):
    """What a person chose for all their chats."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_preference"
    )
    country = models.CharField(max_length=2, blank=True, help_text="For help lines.")

    def __str__(self) -> str:
        return f"preferences of {self.user}"
