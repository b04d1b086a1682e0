"""The console's pages of announcements."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from .models import Announcement
from .services import announcements_changed


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("text", "tone", "starts_at", "ends_at", "shows_now")
    list_filter = ("tone",)
    search_fields = ("text", "text_zh")

    @admin.display(boolean=True, description="shows now")
    def shows_now(self, one: Announcement) -> bool:
        now = timezone.now()
        return one.starts_at <= now and (one.ends_at is None or one.ends_at > now)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        announcements_changed()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        announcements_changed()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Announcement]) -> None:
        super().delete_queryset(request, queryset)
        announcements_changed()
