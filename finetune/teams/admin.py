"""Teams and who is in them."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from finetune.console.lists import count_of

from .models import Membership, Team
from .quotas.admin import QuotaInline

SHOWN = 10  # members on a team's page


class MembersFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A team keeps at least one owner, here as on its own page.

    Of a large team all owners are shown and the newest of the others; whoever is not shown stays.
    """

    def get_queryset(self) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset()
        if self.is_bound or self.instance.pk is None or hasattr(self, "shown"):
            return rows
        members = Membership.objects.filter(team=self.instance)
        owners = members.filter(role=Membership.Role.OWNER).values_list("pk", flat=True)
        newest = members.order_by("-pk").values_list("pk", flat=True)[:SHOWN]
        self.shown = {*owners, *newest}
        self._queryset = rows.filter(pk__in=self.shown).select_related("user", "team")
        return self._queryset

    def clean(self) -> None:
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        if not any(one.get("role") == Membership.Role.OWNER for one in kept):
            raise ValidationError("A team needs at least one owner.")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    formset = MembersFormSet
    extra = 1
    verbose_name_plural = f"members (all owners, and the newest {SHOWN})"
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at",)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "people", "data_sets", "run_count", "created_at")
    search_fields = ("name", "slug", "members__username")
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug")
    inlines = (QuotaInline, MembershipInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        counts = {
            "people_count": count_of(Membership.objects.all(), "team"),
            "data_count": count_of(apps.get_model("finetune.Dataset").objects.all(), "team"),
            "runs_count": count_of(apps.get_model("finetune.Run").objects.all(), "team"),
        }
        rows: QuerySet[Team] = super().get_queryset(request).annotate(**counts)
        return rows

    @admin.display(ordering="people_count")
    def people(self, team: Any) -> int:
        return int(team.people_count)

    @admin.display(description="data sets", ordering="data_count")
    def data_sets(self, team: Any) -> int:
        return int(team.data_count)

    @admin.display(description="runs", ordering="runs_count")
    def run_count(self, team: Any) -> int:
        return int(team.runs_count)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Team | None = None) -> Any:
        return {} if obj else self.prepopulated_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> tuple[str, ...]:
        # The slug stands in the names of the team's tuned models.
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """Only an empty team can go: its data sets and runs have files on disk."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return not (obj.datasets.exists() or obj.runs.exists())
