"""Quantum keys, calibrations and jobs. A key's text is not among what is shown."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from finetune.console.actions import ReadOnly, apply_to_each, page_link
from finetune.console.lists import LongList

from .jobs import job_cancel, job_decide
from .keys import cloud_key_delete, cloud_key_read_again
from .models import QuantumCalibration, QuantumJob, QuantumKey

SHOWN = 4_000


@admin.register(QuantumKey)
class QuantumKeyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("label", "ending", "team", "created_by", "url", "last_used_at", "chips_read_at")
    list_filter = ("team",)
    list_select_related = ("team", "created_by")
    search_fields = ("label", "public_id", "team__name", "created_by__username")
    fields = (
        "public_id",
        "label",
        "ending",
        "team",
        "created_by",
        "url",
        "chips",
        "chips_read_at",
        "chips_problem",
        "last_used_at",
        "created_at",
    )
    actions = ("read_again", "remove")

    @admin.display(description="ends with")
    def ending(self, key: QuantumKey) -> str:
        return f"…{key.last_four}"

    @admin.action(description="Read chips again", permissions=["act"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[QuantumKey]) -> None:
        apply_to_each(
            self, request, queryset, lambda key: cloud_key_read_again(key=key), done="Being read"
        )

    @admin.action(description="Delete for good", permissions=["act"])
    def remove(self, request: HttpRequest, queryset: QuerySet[QuantumKey]) -> None:
        apply_to_each(
            self, request, queryset, lambda key: cloud_key_delete(key=key), done="Deleted"
        )


@admin.register(QuantumCalibration)
class QuantumCalibrationAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("chip", "fingerprint", "fetched_at", "team", "key")
    list_filter = ("chip", "team")
    list_select_related = ("team", "key")
    unread = ("figures",)
    search_fields = ("public_id", "chip", "fingerprint", "team__name")
    fields = ("public_id", "site_page", "chip", "fingerprint", "fetched_at", "team", "key")

    @admin.display(description="page of the site")
    def site_page(self, row: QuantumCalibration) -> str:
        return page_link(reverse("quantum-chip", args=[row.public_id]))


@admin.register(QuantumJob)
class QuantumJobAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "public_id",
        "state",
        "team",
        "created_by",
        "chip",
        "circuits",
        "total_shots",
        "seconds_high",
        "task_id",
        "created_at",
    )
    list_filter = ("state", "chip", "team", "created_at")
    list_select_related = ("team", "created_by")
    search_fields = ("public_id", "task_id", "fingerprint", "team__name")
    unread = ("payload", "result", "handle", "options")
    actions = ("cancel", "not_sent")
    fields = (
        "public_id",
        "site_page",
        "team",
        "created_by",
        "run",
        "experiment",
        "evaluation",
        "key",
        "backend",
        "chip",
        "options",
        "state",
        "message",
        "task_id",
        "circuits",
        "shots",
        "total_shots",
        "seconds_low",
        "seconds_high",
        "seconds_used",
        "scope",
        "fingerprint",
        "planned",
        "cancel_asked_at",
        "created_at",
        "updated_at",
    )

    @admin.display(description="page of the site")
    def site_page(self, job: QuantumJob) -> str:
        return page_link(reverse("quantum-job", args=[job.public_id]))

    @admin.display(description="what was planned")
    def planned(self, job: QuantumJob) -> str:
        return format_html('<pre class="facts">{}</pre>', job.payload[:SHOWN])

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[QuantumJob]) -> None:
        def one(job: QuantumJob) -> None:
            job_cancel(job=job, by=request.user)  # type: ignore[arg-type]

        apply_to_each(self, request, queryset, one, done="Cancel asked for")

    @admin.action(description="It was not sent: mark as failed", permissions=["act"])
    def not_sent(self, request: HttpRequest, queryset: QuerySet[QuantumJob]) -> None:
        def one(job: QuantumJob) -> None:
            job_decide(job=job, by=request.user)  # type: ignore[arg-type]

        apply_to_each(self, request, queryset, one, done="Marked as failed")
