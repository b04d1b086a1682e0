"""The record of reviews and confirmations in the console: who vouched for what, and when."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chat.words.models import LineVerification, WordReview
from finetune.console.lists import LongList


class Record(LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """Nobody adds, changes or deletes here; `/admin/words/` and `/admin/lines/` write."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(LineVerification)
class LineVerificationAdmin(Record):
    list_display = [
        "line", "country", "numbers", "confirmed_by", "confirmed_at", "withdrawn_at",
    ]  # fmt: skip
    list_filter = ["country"]
    list_select_related = ("confirmed_by",)


@admin.register(WordReview)
class WordReviewAdmin(Record):
    list_display = [
        "kind", "word", "version", "verdict", "reviewer", "at", "note",
    ]  # fmt: skip
    list_filter = ["kind", "verdict"]
    list_select_related = ("reviewer",)
    search_fields = ["word"]
