"""The console's view of the chat: that it was used and how it went, never what was said.

Raw text is left out for everyone, superusers too: people talk here about their hardest days, and an
administrator needs states, errors and counts to run the site. Whoever must read a conversation (a
handover, a legal duty) needs the database, knowingly. One can delete, not add or change.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from chat.conversations.models import Conversation, Message, Vote
from finetune.console.filters import ValuesFilter
from finetune.console.lists import LongList, count_of


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(LongList, ReadOnly):
    """Title and text are not shown: the title is made from the first words."""

    list_display = ["public_id", "team", "mode", "message_count", "failures", "cards", "updated_at"]
    list_filter = ["team", ("deleted_at", admin.EmptyFieldListFilter), "created_at"]
    search_fields = ["public_id"]
    fields: ClassVar[Any] = (
        "public_id", "team", "assistant_a", "assistant_b", "assistant_c", "message_count",
        "failures", "cards", "revealed_at", "created_at", "updated_at", "deleted_at",
    )  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        rows: QuerySet[Conversation] = super().get_queryset(request).select_related("team")
        bad = Q(state__in=[Message.State.FAILED, Message.State.INTERRUPTED])
        messages = Message.objects.filter(copied_from="")  # a branch's copies count once
        return rows.annotate(
            total=count_of(messages, "conversation"),
            bad=count_of(messages.filter(bad), "conversation"),
            carded=count_of(messages.exclude(card_key=""), "conversation"),
        )

    @admin.display(description="mode")
    def mode(self, row: Conversation) -> str:
        return "comparison" if row.compares else "one assistant"

    @admin.display(description="messages", ordering="total")
    def message_count(self, row: Any) -> int:
        return int(row.total)

    @admin.display(description="failed or cut off", ordering="bad")
    def failures(self, row: Any) -> int:
        return int(row.bad)

    @admin.display(description="care cards", ordering="carded")
    def cards(self, row: Any) -> int:
        return int(row.carded)


@admin.register(Message)
class MessageAdmin(LongList, ReadOnly):
    list_display = [
        "public_id", "role", "state", "assistant", "variant", "error_code", "reply_tokens",
        "seconds", "created_at",
    ]  # fmt: skip
    list_filter = ["state", "role", ("error_code", ValuesFilter), "created_at"]
    search_fields = ["public_id", "conversation__public_id"]
    unread = ("content",)
    fields: ClassVar[Any] = (
        "public_id", "conversation", "turn", "role", "side", "variant", "state", "error_code",
        "assistant", "characters", "prompt_tokens", "reply_tokens", "seconds", "has_card",
        "created_at", "finished_at",
    )  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    @admin.display(description="characters")
    def characters(self, row: Message) -> int:
        return len(row.content)

    @admin.display(description="care card", boolean=True)
    def has_card(self, row: Message) -> bool:
        return bool(row.card_key)


@admin.register(Vote)
class VoteAdmin(LongList, ReadOnly):
    list_display = [
        "conversation", "turn", "choice", "blind", "assistant_a", "assistant_b", "assistant_c",
    ]  # fmt: skip
    list_filter = ["choice", "blind"]
