"""The console's list of agreements: that and when, as proof. Nobody adds or changes one."""

from django.contrib import admin

from chat.consent.models import Consent
from chat.conversations.admin import ReadOnly
from finetune.console.lists import LongList


@admin.register(Consent)
class ConsentAdmin(LongList, ReadOnly):
    list_display = ["user", "version", "language", "given_at", "withdrawn_at"]
    list_filter = ["version", "language", "given_at"]
    search_fields = ["user__username"]
