"""The queue of handovers in the console: whoever opens one sees what was shared, and is noted."""

from __future__ import annotations

from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, IntegerField, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join

from chat.conversations.generation import ring
from chat.handovers.models import Handover
from chat.handovers.selectors import shared_by
from chat.handovers.services import handover_answer, handover_look
from chat.policy.admin import reviewer_of
from finetune.console.actions import ReadOnly
from finetune.console.lists import LongList
from finetune.exceptions import StudioError

URGENCY = Case(
    *(When(state=state, then=at) for at, state in enumerate(Handover.State.values)),
    output_field=IntegerField(),
)


def may_answer(user: Any) -> bool:
    return not isinstance(user, AnonymousUser) and user.has_perm("chat.answer_handover")


@admin.register(Handover)
class HandoverAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """Those that wait come first, the oldest of them on top."""

    list_display = ("public_id", "state", "shares", "asked_at", "reviewer", "answered_at", "looks")
    list_filter = ("state", "asked_at")
    list_select_related = ("reviewer",)
    search_fields = ("public_id", "conversation__public_id")
    change_form_template = "admin/chat/handover/change_form.html"
    fields: ClassVar[Any] = (
        "public_id", "state", "shares", "asked_at", "seen_by", "their_words", "shared", "reviewer",
        "taken_at", "answer", "answered_at",
    )  # fmt: skip
    readonly_fields: ClassVar[Any] = fields

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [URGENCY.asc(), "asked_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_answer(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_answer(request.user)

    @admin.display(description="looks")
    def looks(self, row: Handover) -> int:
        return row.looks.count()

    @admin.display(description="seen by")
    def seen_by(self, row: Handover) -> str:
        lines = ((look.reviewer, f"{look.at:%Y-%m-%d %H:%M} UTC") for look in row.looks.all())
        return format_html_join("", "{} {}<br>", lines)

    @admin.display(description="the person's words")
    def their_words(self, row: Handover) -> str:
        return row.words if row.is_open else "–"

    @admin.display(description="shared messages")
    def shared(self, row: Handover) -> str:
        lines = ((one.who, one.text) for one in shared_by(row))
        texts = format_html_join("", '<dt>{}</dt><dd dir="auto">{}</dd>', lines)
        return format_html('<dl class="shared">{}</dl>', texts) if texts else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **options: Any
    ) -> HttpResponse:
        """Opening one shows what was shared: that is noted before. A POST is the answer."""
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            if request.method == "POST":
                return self.answered(request, row)
            if row.is_open:
                handover_look(handover=row, reviewer=reviewer_of(request))
                async_to_sync(ring)(row.conversation_id)
        answer: HttpResponse = super().change_view(request, object_id, *args, **options)
        return answer

    def answered(self, request: HttpRequest, row: Handover) -> HttpResponse:
        try:
            handover_answer(
                handover=row, reviewer=reviewer_of(request), answer=request.POST.get("answer", "")
            )
        except StudioError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect(request.path)
        async_to_sync(ring)(row.conversation_id)
        self.message_user(request, "The person sees your answer in their conversation.")
        return redirect("admin:chat_handover_changelist")
