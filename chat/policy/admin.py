"""The console's pages of the policy: the safety log, people's states, clearances, logged texts.

Nothing of what was said is on them, but for logged texts, where the operator has turned them on and
somebody was given the right to read them; each reading is in the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chat.policy.clearance import clearance_sign, clearance_withdraw
from chat.policy.fingerprints import checkpoint_hash
from chat.policy.models import Clearance, RiskState, SafetyEntry, SafetyText
from chat.policy.person import Person
from chat.policy.selectors import kept_until, level_now, reads_texts
from chat.policy.services import URGENCY, Place, entry_add, state_lower
from chat.safety.levels import Level
from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.filters import ValuesFilter
from finetune.console.lists import LongList
from finetune.teams.models import ApiKey, User

MOST_KEYS = 500  # whose users a search looks through


class CategoryFilter(admin.SimpleListFilter):
    """All categories that there are, without looking through the rows for them."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.replace("_", " ")) for name in URGENCY if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(category=self.value()) if self.value() else queryset


def reviewer_of(request: HttpRequest) -> User:
    """Who is at the console, which lets nobody in without an account."""
    return cast(User, request.user)


class GoesWithAccount(ReadOnly):
    """Rows that nobody deletes here, and that do not keep an account from being deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        page = request.resolver_match.url_name if request.resolver_match else ""
        return str(page).startswith("finetune_user_") and request.user.has_perm(
            "finetune.delete_user"
        )


@admin.register(SafetyEntry)
class SafetyEntryAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "at", "person", "action", "category", "writes", "conversation", "assistant", "source",
        "reviewed", "reviewer",
    )  # fmt: skip
    list_filter = ("action", CategoryFilter, "level_to", "at")
    search_fields = ("person", "conversation", "assistant", "reviewer")
    fields: ClassVar[Any] = (
        "at", "person", "action", "category", "level_from", "level_to", "conversation",
        "assistant", "source", "reviewed", "reviewer", "reason",
    )  # fmt: skip

    @admin.display(description="who writes", ordering="level_to")
    def writes(self, row: SafetyEntry) -> str:
        if row.level_from == row.level_to:
            return row.get_level_to_display()
        return f"{row.get_level_from_display()} → {row.get_level_to_display()}"


class ReasonForm(ActionForm):
    """What stands beside the choice of an action."""

    reason = forms.CharField(
        label="Reason",
        required=False,  # the service says it better
        max_length=500,
        widget=forms.TextInput(attrs={"size": 60}),
    )


@admin.register(RiskState)
class RiskStateAdmin(GoesWithAccount, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """Whom the policy remembers something about; the oldest change comes last."""

    action_form = ReasonForm
    actions = ("lower_by_one", "lower_wholly")
    list_display = (
        "pseudonym", "whose", "writes", "category", "since", "raised_at", "until", "updated_at",
    )  # fmt: skip
    list_filter = (CategoryFilter, "raised_at", "updated_at")
    list_select_related = ("user", "api_key")
    search_fields = ("pseudonym", "user__username", "api_key__name", "api_key__prefix")
    search_help_text = "An account, a pseudonym, a key, or what a request's user field said."
    fields: ClassVar[Any] = (
        "pseudonym", "whose", "writes", "category", "since", "raised_at", "until", "said",
        "cards", "updated_at",
    )  # fmt: skip

    @admin.display(description="person")
    def whose(self, row: RiskState) -> str:
        return row.whose

    @admin.display(description="who writes now")
    def writes(self, row: RiskState) -> str:
        words: dict[int, str] = dict(RiskState._meta.get_field("level").flatchoices)
        return words[level_now(row)]

    @admin.display(description="until, without another sign")
    def until(self, row: RiskState) -> datetime | None:
        return kept_until(row)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[RiskState], search_term: str
    ) -> tuple[QuerySet[RiskState], bool]:
        """A label of a key's user is kept as a hash: what is typed is hashed to look for it."""
        found, many = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, many
        keys = ApiKey.objects.filter(pk__in=RiskState.objects.values("api_key"))
        names = keys.values_list("pk", flat=True)[:MOST_KEYS]
        marks = [Person(key_id=name, label=search_term).mark for name in names]
        return found | queryset.filter(mark__in=marks), many

    def has_lower_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.lower_riskstate")

    @admin.action(description="Lower by one step (needs a reason)", permissions=["lower"])
    def lower_by_one(self, request: HttpRequest, rows: QuerySet[RiskState]) -> None:
        self.lower(request, rows, by=1)

    @admin.action(description="Lower to ordinary (needs a reason)", permissions=["lower"])
    def lower_wholly(self, request: HttpRequest, rows: QuerySet[RiskState]) -> None:
        self.lower(request, rows, by=int(Level.HIGH))

    def lower(self, request: HttpRequest, rows: QuerySet[RiskState], by: int) -> None:
        reason = request.POST.get("reason", "")
        apply_to_each(
            self,
            request,
            rows,
            lambda state: state_lower(
                state=state,
                level=Level(max(level_now(state) - by, Level.ORDINARY)),
                reviewer=reviewer_of(request),
                reason=reason,
            ),
            done="Lowered",
        )


class WordsForm(ActionForm):
    """What a reviewer signs for."""

    words = forms.CharField(
        label="In your words",
        required=False,  # the service says it better
        max_length=1000,
        widget=forms.TextInput(attrs={"size": 60}),
    )


@admin.register(Clearance)
class ClearanceAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """Probes are recorded by whatever runs them; a signature is given here, or taken back."""

    action_form = WordsForm
    actions = ("sign", "withdraw")
    list_display = (
        "assistant", "level", "passed", "probe_set_version", "probed_at", "signer", "signed_at",
    )  # fmt: skip
    list_filter = ("level", "passed", ("assistant", ValuesFilter), "probed_at")
    search_fields = ("assistant", "checkpoint_hash", "signer")
    fields: ClassVar[Any] = (
        "assistant", "level", "passed", "probe_set_version", "probed_at", "checkpoint_hash",
        "same_files", "signer", "signed_at", "words",
    )  # fmt: skip

    @admin.display(description="files are those that were probed", boolean=True)
    def same_files(self, row: Clearance) -> bool:
        return row.checkpoint_hash == checkpoint_hash(row.assistant)

    def has_sign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.sign_clearance")

    @admin.action(description="Sign for them (needs your words)", permissions=["sign"])
    def sign(self, request: HttpRequest, rows: QuerySet[Clearance]) -> None:
        words = request.POST.get("words", "")
        apply_to_each(
            self,
            request,
            rows,
            lambda row: clearance_sign(clearance=row, reviewer=reviewer_of(request), words=words),
            done="Signed",
        )

    @admin.action(description="Take the signature back", permissions=["sign"])
    def withdraw(self, request: HttpRequest, rows: QuerySet[Clearance]) -> None:
        apply_to_each(
            self,
            request,
            rows,
            lambda row: clearance_withdraw(clearance=row),
            done="Signature taken back",
        )


@admin.register(SafetyText)
class SafetyTextAdmin(GoesWithAccount, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was written, where `WUKONG_SAFETY_LOG_TEXT` is on; the list itself has none of it."""

    list_display = ("entry", "at", "category")
    list_select_related = ("entry",)
    search_fields = ("entry__person", "entry__conversation")
    unread = ("text",)
    fields: ClassVar[Any] = ("entry", "at", "category", "text")

    @admin.display(description="at", ordering="entry__at")
    def at(self, row: SafetyText) -> datetime:
        return row.entry.at

    @admin.display(description="category")
    def category(self, row: SafetyText) -> str:
        return row.entry.category

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list, without words, as everywhere; one of them only with the right to read it."""
        may_read = reads_texts(reviewer_of(request))
        return may_read or (obj is None and super().has_view_permission(request))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> Any:
        """Opening one shows the text: that is noted before."""
        answer: HttpResponse = super().change_view(request, object_id, *args, **options)
        row = SafetyText.objects.select_related("entry", "state").filter(pk=object_id).first()
        if answer.status_code == 200 and row is not None:
            entry_add(
                row.state,
                SafetyEntry.Action.READ,
                place=Place(row.entry.conversation),
                reviewer=request.user.get_username(),
            )
        return answer
