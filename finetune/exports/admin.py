"""Exports of runs, to look at."""

from __future__ import annotations

from django.contrib import admin

from finetune.console.actions import ReadOnly
from finetune.console.lists import LongList

from .models import Export


@admin.register(Export)
class ExportAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("run", "step", "parts", "state", "created_by", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("run", "created_by")
    unread = ("result", "run__config", "run__latest", "run__result", "run__request_body")
    search_fields = ("public_id", "run__public_id", "run__name")
    fields = (
        "public_id",
        "run",
        "step",
        "parts",
        "state",
        "phase",
        "message",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
    )
