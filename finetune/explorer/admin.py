"""Experiments of the circuit explorer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse

from finetune.console.actions import ReadOnly, page_link
from finetune.console.lists import LongList

from .models import QuantumExperiment


@admin.register(QuantumExperiment)
class QuantumExperimentAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "state", "team", "created_by", "created_at", "finished_at")
    list_filter = ("state", "team")
    list_select_related = ("team", "created_by")
    unread = ("spec", "result")
    search_fields = ("public_id", "name", "team__name")
    fields = (
        "public_id",
        "site_page",
        "name",
        "team",
        "created_by",
        "state",
        "message",
        "spec",
        "created_at",
        "started_at",
        "finished_at",
    )

    @admin.display(description="page of the site")
    def site_page(self, row: QuantumExperiment) -> Any:
        return page_link(reverse("quantum-experiment", args=[row.public_id]))
