"""The audit log of the whole site, for operators: to read."""

from django.contrib import admin

from finetune.console.actions import ReadOnly
from finetune.console.lists import LongList

from .actions import words_of
from .models import AuditEntry
from .selectors import who_of


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("at", "who", "what", "team", "door", "key_prefix", "address")
    list_filter = ("door", "at", "action")
    search_fields = ("person", "team", "thing", "thing_id", "address", "key_prefix", "action")
    fields = (*list_display, "action", "kind", "thing_id", "thing", "details")
    ordering = ("-at", "-id")

    @admin.display(ordering="person")
    def who(self, entry: AuditEntry) -> str:
        return who_of(entry)

    @admin.display(ordering="action")
    def what(self, entry: AuditEntry) -> str:
        return words_of(entry)
