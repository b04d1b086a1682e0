"""API keys and sign-in links: that they exist and when they were used, never what they are."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.lists import LongList
from finetune.teams.models import ApiKey, SignInLink

from .services import key_revoke, key_scope_set


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "prefix",
        "team",
        "user",
        "scope",
        "rights",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "scope", "team")
    list_select_related = ("team", "user")
    search_fields = ("name", "prefix", "team__name", "user__username")
    fields = (*list_display, "requests_per_minute", "processor_hours")
    actions = ("revoke", "ungate", "gate")

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        rows = queryset.filter(revoked_at=None)
        apply_to_each(self, request, rows, lambda key: key_revoke(key=key), done="Revoked")

    def has_ungate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("finetune.ungate_apikey")

    @admin.action(
        description="Take the gate away, for evaluation: what a model writes is sent unread",
        permissions=["ungate"],
    )
    def ungate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self.scope_set(request, queryset, ApiKey.Scope.UNGATED, "Without the gate now")

    @admin.action(description="Put behind the gate again", permissions=["ungate"])
    def gate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self.scope_set(request, queryset, ApiKey.Scope.GATED, "Behind the gate again")

    def scope_set(
        self, request: HttpRequest, rows: QuerySet[ApiKey], scope: ApiKey.Scope, done: str
    ) -> None:
        apply_to_each(
            self, request, rows, lambda key: key_scope_set(key=key, scope=scope), done=done
        )


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "created_at", "expires_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = list_display
