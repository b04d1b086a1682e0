"""Studies, to look at and to stop; links, to revoke."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.lists import LongList

from .models import Study, StudyLink
from .services import study_resume, study_stop


@admin.register(Study)
class StudyAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "team", "adapter", "base", "state", "created_by", "created_at")
    list_filter = ("state", "adapter")
    list_select_related = ("team", "base", "created_by")
    unread = ("config", "results", "chosen", "seconds")
    search_fields = ("name", "public_id", "team__name")
    fields = (
        "public_id",
        *list_display,
        "dataset",
        "validation_dataset",
        "test_dataset",
        "task_dataset",
        "source",
        "priority",
        "problem",
        "looked_at",
        "chosen_at",
        "finished_at",
    )
    actions = ("stop", "resume")

    @admin.action(description="Stop, and cancel its runs", permissions=["act"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        apply_to_each(
            self,
            request,
            queryset,
            lambda study: study_stop(study=study, by=request.user, cancel=True),  # type: ignore[arg-type]
            done="Stopped",
        )

    @admin.action(description="Resume", permissions=["act"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        apply_to_each(
            self,
            request,
            queryset,
            lambda study: study_resume(study=study, by=request.user),  # type: ignore[arg-type]
            done="Resumed",
        )


@admin.register(StudyLink)
class StudyLinkAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("public_id", "study", "created_by", "created_at", "revoked_at")
    list_select_related = ("study", "created_by")
    search_fields = ("public_id", "study__name", "study__public_id")
    fields = list_display
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[StudyLink]) -> None:
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"Revoked: {count}.")
