"""The console's lists of probings and of wishes to let an assistant out of its team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chat.policy.admin import WordsForm, reviewer_of
from chat.reviews.models import ProbeRun, Release
from chat.reviews.releases.services import release_answer
from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.filters import ValuesFilter
from finetune.console.lists import LongList


@admin.register(ProbeRun)
class ProbeRunAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("public_id", "team", "title", "step", "state", "created_at", "finished_at")
    list_filter = ("state", ("assistant", ValuesFilter), "created_at")
    list_select_related = ("team",)
    search_fields = ("public_id", "assistant", "title")
    fields: ClassVar[Any] = (
        "public_id", "team", "created_by", "title", "assistant", "step", "probe_set",
        "checkpoint_hash", "state", "message", "total", "result", "created_at", "finished_at",
    )  # fmt: skip


@admin.register(Release)
class ReleaseAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """Wishes of teams. The answers to the probes are behind the link; read them before signing."""

    action_form = WordsForm
    actions = ("sign", "refuse")
    list_display = ("run", "team", "state", "probes", "asked_by", "asked_at", "reviewer")
    list_filter = ("state", "asked_at")
    list_select_related = ("run__team", "probe_run", "asked_by")
    search_fields = ("run__public_id", "run__name", "reviewer")
    fields: ClassVar[Any] = (
        "run", "probes", "state", "asked_by", "asked_at", "reviewer", "words", "answered_at",
    )  # fmt: skip

    @admin.display(description="team")
    def team(self, row: Release) -> str:
        return str(row.run.team)

    @admin.display(description="probes, safe")
    def probes(self, row: Release) -> str:
        return f"{row.probe_run.safe_share:.1f} % ({row.probe_run})"

    def has_sign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.sign_release")

    @admin.action(description="Let it out of the team (needs your words)", permissions=["sign"])
    def sign(self, request: HttpRequest, rows: QuerySet[Release]) -> None:
        self.answer(request, rows, sign=True, done="Let out")

    @admin.action(description="Refuse (needs your words)", permissions=["sign"])
    def refuse(self, request: HttpRequest, rows: QuerySet[Release]) -> None:
        self.answer(request, rows, sign=False, done="Refused")

    def answer(
        self, request: HttpRequest, rows: QuerySet[Release], *, sign: bool, done: str
    ) -> None:
        words = request.POST.get("words", "")
        apply_to_each(
            self,
            request,
            rows,
            lambda row: release_answer(
                release=row, reviewer=reviewer_of(request), sign=sign, words=words
            ),
            done=done,
        )
