"""Evaluations, to look at."""

from __future__ import annotations

from django.contrib import admin

from finetune.console.actions import ReadOnly
from finetune.console.lists import LongList

from .models import Evaluation


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "kind",
        "run",
        "base",
        "checkpoint",
        "state",
        "created_by",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "kind")
    list_select_related = ("run", "base", "created_by")
    unread = ("result", "terms", "run__config", "run__latest", "run__result", "run__request_body")
    search_fields = ("public_id", "run__public_id", "run__name")
    fields = (
        "public_id",
        "team",
        "kind",
        "run",
        "base",
        "checkpoint",
        "dataset",
        "part",
        "terms",
        "spending",
        "state",
        "attempts",
        "message",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
    )
