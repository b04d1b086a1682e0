"""Data sets: who has uploaded what, and what the check said. Their content is not shown here."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.lists import LongList

from .models import Dataset
from .services import dataset_delete, dataset_recheck


@admin.register(Dataset)
class DatasetAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "team",
        "version",
        "state",
        "size",
        "dialogues",
        "licence",
        "created_by",
        "created_at",
    )
    list_filter = ("state", ("deleted_at", admin.EmptyFieldListFilter), "team", "created_at")
    list_select_related = ("team", "created_by")
    search_fields = ("public_id", "name", "filename", "team__name", "sha256")
    unread = ("options", "problem")
    actions = ("recheck", "remove")
    fields = (
        "public_id",
        "site_page",
        "name",
        "filename",
        "team",
        "created_by",
        "purpose",
        "licence",
        "version",
        "previous",
        "state",
        "size",
        "sha256",
        "options",
        "counts",
        "problem",
        "created_at",
        "checked_at",
        "deleted_at",
    )

    @admin.display(description="size", ordering="bytes")
    def size(self, dataset: Dataset) -> str:
        return filesizeformat(dataset.bytes)

    @admin.display(description="dialogues")
    def dialogues(self, dataset: Dataset) -> str:
        return f"{dataset.report['dialogues']:,}" if "dialogues" in dataset.report else ""

    @admin.display(description="what the check counted")
    def counts(self, dataset: Dataset) -> str:
        """Numbers only: the report also holds samples of what people wrote."""
        numbers = {
            name: part for name, part in dataset.report.items() if isinstance(part, int | float)
        }
        return json.dumps(numbers, indent=1) if numbers else ""

    @admin.display(description="page of the site")
    def site_page(self, dataset: Dataset) -> str:
        return format_html('<a href="{}">Open</a>', reverse("dataset", args=[dataset.public_id]))

    @admin.action(description="Check again", permissions=["act"])
    def recheck(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        rows = queryset.filter(deleted_at=None)
        apply_to_each(
            self,
            request,
            rows,
            lambda dataset: dataset_recheck(dataset=dataset, options={}),
            done="Being checked again",
        )

    @admin.action(description="Delete for good, with files", permissions=["act"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        rows = queryset.filter(deleted_at=None)
        apply_to_each(self, request, rows, remove_one, done="Deleted")


def remove_one(dataset: Dataset) -> None:
    dataset_delete(dataset=dataset)
