"""Webhooks and deliveries, to look at: never a secret, never an address's parameters."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.lists import LongList

from .models import Delivery, Webhook
from .services import webhook_switch


@admin.register(Webhook)
class WebhookAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "shown_url", "team", "created_by", "on", "gone_at", "created_at")
    list_filter = ("on",)
    list_select_related = ("team", "created_by")
    search_fields = ("name", "public_id", "team__name", "created_by__username")
    fields = ("public_id", *list_display, "kinds")
    actions = ("turn_off",)

    @admin.action(description="Turn off", permissions=["act"])
    def turn_off(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        rows = queryset.filter(on=True)
        apply_to_each(
            self, request, rows, lambda hook: webhook_switch(hook=hook, on=False), done="Turned off"
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("public_id", "kind", "webhook", "user", "state", "tries", "due_at")
    list_filter = ("state", "kind")
    list_select_related = ("webhook", "user")
    search_fields = ("public_id", "alert__run__public_id", "webhook__name", "user__username")
    fields = (*list_display, "allowed", "log")
