"""Fetches in the console: to be seen, not changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import DatasetFetch


@admin.register(DatasetFetch)
class DatasetFetchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("shown", "dataset", "state", "done", "total", "created_at", "updated_at")
    list_filter = ("state",)
    list_select_related = ("dataset",)
    exclude = ("address",)  # its query may be a key

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
