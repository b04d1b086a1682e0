"""The versions of a data set, and which runs learned from each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy, ngettext_lazy

from finetune.datasets.models import Dataset
from finetune.teams.models import User

DONE = {  # what was done to so many dialogues
    "edit": ngettext_lazy("%(n)s dialogue edited", "%(n)s dialogues edited", "n"),
    "exclude": ngettext_lazy("%(n)s left out", "%(n)s left out", "n"),
    "tag": ngettext_lazy("%(n)s tagged", "%(n)s tagged", "n"),
    "mask": ngettext_lazy("%(n)s dialogue masked", "%(n)s dialogues masked", "n"),
    "fix": ngettext_lazy("%(n)s line mended", "%(n)s lines mended", "n"),
}
KINDS = {
    "edit": gettext_lazy("edited"),
    "exclude": gettext_lazy("left out"),
    "tag": gettext_lazy("tagged"),
    "mask": gettext_lazy("masked"),
    "fix": gettext_lazy("mended"),
}


@dataclass(frozen=True)
class Version:
    """One version for the list on the page.

    Attributes:
        dataset: its row.
        runs: how many runs learned from it.
        is_this: whether it is the one that is looked at.
    """

    dataset: Dataset
    runs: int
    is_this: bool

    @property
    def words(self) -> list[str]:
        """What was changed in the version before, by kind."""
        counts: dict[str, int] = self.dataset.changes.get("counts") or {}
        return [str(words % {"n": counts[kind]}) for kind, words in DONE.items() if kind in counts]

    @property
    def first_changes(self) -> list[dict[str, Any]]:
        """The first changes one by one: the line in the version before, and what was done."""
        rows: list[dict[str, Any]] = self.dataset.changes.get("first") or []
        return [{"line": row["line"], "words": KINDS[row["kind"]]} for row in rows[:50]]


def versions_of(dataset: Dataset) -> QuerySet[Dataset]:
    """Every version of the same set that is there, newest first."""
    return Dataset.objects.filter(dataset.family, deleted_at=None).order_by("-version")


def versions_shown(dataset: Dataset, user: User) -> list[Version]:
    """The versions as the page lists them; empty where there is only one."""
    mine = Q(runs__team__members=user)
    rows = versions_of(dataset).annotate(learned=Count("runs", filter=mine, distinct=True))
    rows = rows.select_related("created_by", "previous")
    shown = [Version(row, row.learned, row.pk == dataset.pk) for row in rows]
    return shown if len(shown) > 1 or dataset.version > 1 else []


def newest_of(dataset: Dataset) -> Dataset:
    """The newest version of a set; the set itself where there is no newer one."""
    return versions_of(dataset).first() or dataset


def version_numbers(datasets: list[Dataset]) -> dict[int, int]:
    """How many versions there were of each of these sets, by the id of its row."""
    firsts = {row.pk: row.first_id or row.pk for row in datasets}
    rows = Dataset.objects.filter(first_id__in=set(firsts.values()), deleted_at=None)
    last: dict[int, int] = {}
    for first, version in rows.values_list("first_id", "version"):
        last[first] = max(last.get(first, 1), version)
    return {row.pk: max(row.version, last.get(firsts[row.pk], 1)) for row in datasets}


def fixable_of(dataset: Dataset) -> dict[str, Any]:
    """What of a set's problems can be mended: `lines`, `texts`, how many were `tried`, and whether
    there are `more` than those."""
    found: dict[str, int] = dataset.report.get("fixable") or {}
    tried = found.get("tried", 0)
    return {
        "lines": found.get("lines", 0),
        "texts": found.get("texts", 0),
        "tried": tried,
        "more": 0 < tried < int(dataset.report.get("errors") or 0),
    }
