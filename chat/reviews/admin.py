"""The console's list of probings; their answers are on the site, for the team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from chat.reviews.models import ProbeRun
from finetune.console.actions import ReadOnly
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
