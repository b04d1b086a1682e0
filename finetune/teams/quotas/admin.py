"""Share and quotas on a team's page of the console."""

from django.contrib import admin

from .models import TeamQuota


class QuotaInline(admin.StackedInline):  # type: ignore[type-arg]
    model = TeamQuota
    fields = (("share", "runs_at_once"), ("steps", "provider_seconds"))
    can_delete = False
    max_num = 1
