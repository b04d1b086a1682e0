"""The console's view of ratings: how many, of which assistant, shared or not. No words."""

from typing import Any, ClassVar

from django.contrib import admin

from chat.conversations.admin import ReadOnly
from chat.ratings.models import Rating, SharedDownload
from chat.ratings.signing.models import PairSet
from finetune.console.lists import LongList


@admin.register(Rating)
class RatingAdmin(LongList, ReadOnly):
    """Which reply it is about stands in the talk, which nobody else reads."""

    list_display = ["id", "assistant", "helpful", "blind", "has_words", "is_shared", "rated_at"]
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = fields
    list_filter = ["helpful", "blind", ("shared_at", admin.EmptyFieldListFilter), "rated_at"]
    list_select_related = ["message"]
    search_fields = ["message__assistant"]

    @admin.display(description="assistant", ordering="message__assistant")
    def assistant(self, row: Rating) -> str:
        return row.message.assistant

    @admin.display(description="in own words", boolean=True)
    def has_words(self, row: Rating) -> bool:
        return bool(row.words)

    @admin.display(description="shared with the team", boolean=True)
    def is_shared(self, row: Rating) -> bool:
        return row.shared_at is not None


@admin.register(SharedDownload)
class SharedDownloadAdmin(LongList, ReadOnly):
    """Which owners took what their people share, and when."""

    list_display = ["team", "by", "lines", "at"]
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = fields
    list_filter = ["at"]
    list_select_related = ["team"]
    search_fields = ["team__name", "by"]


@admin.register(PairSet)
class PairSetAdmin(LongList, ReadOnly):
    """Choices of shared pairs, and who signed for them. No words of the pairs."""

    list_display = ["name", "team", "state", "pairs", "asked_by", "asked_at", "reviewer"]
    fields: ClassVar[Any] = [*list_display, "words", "answered_at", "dataset"]
    readonly_fields: ClassVar[Any] = fields
    list_filter = ["state", "asked_at"]
    list_select_related = ["team", "asked_by"]
    search_fields = ["public_id", "team__name", "name", "reviewer"]

    @admin.display(description="pairs")
    def pairs(self, row: PairSet) -> int:
        return len(row.marks)
