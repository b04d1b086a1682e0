"""What runs have taken, of all teams, to look at."""

from __future__ import annotations

from django.contrib import admin

from finetune.console.actions import ReadOnly
from finetune.console.lists import LongList

from .models import RunUse


@admin.register(RunUse)
class RunUseAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "team",
        "person",
        "key",
        "steps",
        "processor_seconds",
        "peak_bytes",
        "joules",
        "energy_source",
        "circuits",
        "shots",
        "provider_seconds",
        "created_at",
    )
    list_filter = ("team", "base", "adapter", "created_at")
    list_select_related = ("team", "person", "key")
    search_fields = ("public_id", "name", "team__name", "person__username", "key__name")
    unread = ("work", "measured")
    fields = ("public_id", *list_display, "base", "adapter", "sampled", "precision", "seconds")
