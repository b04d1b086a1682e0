"""What the list of runs shows, as its address says it: text, state, base, adapter, data, person,
dates, order. Knows nothing of pages."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.teams.models import Team
from quantum.adapters.registry import ADAPTERS

WORDS = 6  # of a search; the rest is left out
SHOWN = 50  # newest data sets, and people, to choose from
STATES = {
    "active": (gettext_lazy("Active"), (*Run.ACTIVE, Run.State.PAUSED)),
    "succeeded": (gettext_lazy("Succeeded"), (Run.State.SUCCEEDED,)),
    "failed": (gettext_lazy("Failed"), (Run.State.FAILED,)),
    "cancelled": (gettext_lazy("Cancelled"), (Run.State.CANCELLED,)),
}


def kept_number(name: str) -> Cast:
    """A number that a run keeps as JSON; none where it is null there."""
    return Cast(NullIf(KT(name), Value("null")), FloatField())


HELD_OUT = Coalesce(kept_number("result__validation_loss"), kept_number("latest__validation_loss"))
BEFORE = Coalesce(
    kept_number("result__base_validation_loss"), kept_number("latest__base_validation_loss")
)
ORDERS: dict[str, tuple[Any, tuple[OrderBy, ...]]] = {
    "newest": (gettext_lazy("Newest first"), (F("created_at").desc(), F("pk").desc())),
    "oldest": (gettext_lazy("Oldest first"), (F("created_at").asc(), F("pk").asc())),
    "name": (gettext_lazy("By name"), (F("name").asc(), F("pk").desc())),
    "loss": (
        gettext_lazy("Lowest held-out loss first"),
        (HELD_OUT.asc(nulls_last=True), F("pk").desc()),
    ),
    "gain": (
        gettext_lazy("Largest fall of the loss first"),
        ((BEFORE - HELD_OUT).desc(nulls_last=True), F("pk").desc()),
    ),
    "time": (
        gettext_lazy("Longest first"),
        ((F("finished_at") - F("started_at")).desc(nulls_last=True), F("pk").desc()),
    ),
}


NAMES = {"dir": "auto"}  # written by people, in any script


class RunFilters(forms.Form):
    """One team's filters. What cannot be used is left out of them, and told beside its field."""

    q = forms.CharField(max_length=120, required=False, label=gettext_lazy("Search"))
    state = forms.ChoiceField(
        choices=[(name, words) for name, (words, _) in STATES.items()],
        required=False,
        widget=forms.HiddenInput,
    )
    base = forms.ChoiceField(
        required=False, label=gettext_lazy("Base model"), widget=forms.Select(attrs=NAMES)
    )
    adapter = forms.ChoiceField(required=False, label=gettext_lazy("Adapter"))
    dataset = forms.ChoiceField(
        required=False, label=gettext_lazy("Data"), widget=forms.Select(attrs=NAMES)
    )
    by = forms.ChoiceField(
        required=False, label=gettext_lazy("Started by"), widget=forms.Select(attrs=NAMES)
    )
    since = forms.DateField(
        required=False,
        label=gettext_lazy("Not before"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    until = forms.DateField(
        required=False,
        label=gettext_lazy("Not after"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    sort = forms.ChoiceField(
        choices=[(name, words) for name, (words, _) in ORDERS.items()],
        required=False,
        label=gettext_lazy("Order"),
    )

    def __init__(self, given: Any, *, team: Team) -> None:
        super().__init__(given, label_suffix="", auto_id="filter-%s")
        for field in ("base", "adapter", "dataset", "by"):
            choices: Any = self.fields[field]
            choices.choices = [("", gettext_lazy("All"))]
        self._offer(team)
        self.is_valid()

    def _offer(self, team: Team) -> None:
        """Offer what the team has; of long lists the newest, and what is chosen."""
        datasets = Dataset.objects.filter(team=team).order_by("-created_at")
        offered: dict[str, list[tuple[str, str]]] = {
            "base": list(
                BaseModel.objects.filter(runs__team=team).distinct().values_list("slug", "title")
            ),
            "adapter": [(spec.name, spec.title) for spec in ADAPTERS.values()],
            "dataset": named_and_chosen(datasets, self.data.get("dataset"), "public_id", "name"),
            "by": named_and_chosen(
                team.members.order_by("username"), self.data.get("by"), "username", "username"
            ),
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = [*field.choices, *choices]

    @cached_property
    def given(self) -> dict[str, Any]:
        """The filters that are set and can be used."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def narrowing(self) -> bool:
        """Whether something beside the state leaves runs out."""
        return bool(set(self.given) - {"state", "sort"})

    @property
    def folded_open(self) -> bool:
        """Whether one of the filters that stand folded away is set, or wrong."""
        return bool((self.narrowing and set(self.given) - {"q", "state", "sort"}) or self.errors)

    def query(self, **other: str) -> str:
        """The filters as the query of an address; `other` replaces some, an empty one removes."""
        values = {**self.given, **other}
        return urlencode({name: str(value) for name, value in values.items() if value})

    def without_state(self, runs: QuerySet[Run]) -> QuerySet[Run]:
        """The runs of every state, in their order."""
        given = self.given
        for word in given.get("q", "").split()[:WORDS]:
            runs = runs.filter(
                Q(name__icontains=word)
                | Q(suffix__icontains=word)
                | Q(dataset__name__icontains=word)
                | Q(base__title__icontains=word)
                | Q(public_id=word)
            )
        fields = {
            "base": "base__slug",
            "adapter": "config__adapter",
            "dataset": "dataset__public_id",
            "by": "created_by__username",
        }
        runs = runs.filter(
            **{field: given[name] for name, field in fields.items() if name in given}
        )
        if since := given.get("since"):
            runs = runs.filter(created_at__gte=midnight(since))
        if until := given.get("until"):
            runs = runs.filter(created_at__lt=midnight(until + timedelta(days=1)))
        return runs.order_by(*ORDERS[given.get("sort", "newest")][1])

    def rows(self, runs: QuerySet[Run]) -> QuerySet[Run]:
        """The runs that the list shows, in its order."""
        runs = self.without_state(runs)
        state = self.given.get("state")
        return runs.filter(state__in=STATES[state][1]) if state else runs


def named_and_chosen(
    rows: QuerySet[Any], chosen: str | None, key: str, words: str
) -> list[tuple[str, str]]:
    """The first rows as choices, and the one that is chosen where it is not among them."""
    pairs: list[tuple[str, str]] = list(rows.values_list(key, words)[:SHOWN])
    if chosen and chosen not in dict(pairs):
        pairs += rows.filter(**{key: chosen}).values_list(key, words)[:1]
    return pairs


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
