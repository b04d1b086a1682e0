"""The findings of a data set in the form that its page shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset

from .models import Findings
from .words import CHOSEN, EXCLUDED, LACKING, MASKED, ORDER, TITLES, effect_of, kind_words

KINDS_NAMED = 4
BASES_NAMED = 3
LANGUAGES_SHOWN = 8


@dataclass(frozen=True)
class Row:
    """One finding as a line of the table.

    Attributes:
        name: of the finding.
        title: what people call it.
        effect: what it does to a run.
        count: dialogues that it speaks of; replies, of openings.
        share: of those that were read.
        sample: how many were read, where it was not all.
        kinds: what is inside, with counts.
        listed: how many can be shown.
    """

    name: str
    title: str
    effect: str
    count: int
    share: float
    sample: int
    kinds: list[tuple[str, int]]
    listed: int

    @property
    def can_mask(self) -> bool:
        return self.name in MASKED and self.count > 0

    @property
    def can_choose(self) -> bool:
        return self.name in CHOSEN and self.count > 0

    @property
    def can_exclude(self) -> bool:
        return self.name in EXCLUDED and self.count > 0


class FindingsView:
    """What the page shows of a data set's findings."""

    def __init__(self, dataset: Dataset) -> None:
        self.row = findings_of(dataset)
        self._found = {one["name"]: one for one in self.row.found} if self.row else {}
        tokens = (dataset.report.get("problem_counts") or {}).get("control_token", 0)
        if self._found:
            total = int(dataset.report.get("dialogues") or 0)
            self._found["control_tokens"] = {
                "name": "control_tokens", "count": tokens, "read": total, "total": total,
                "share": tokens / total if total else 0.0, "values": {}, "listed": 0,
            }  # fmt: skip

    @property
    def rows(self) -> list[Row]:
        """What was found, in order of what matters."""
        return [row for row in self._rows() if row.count]

    @property
    def clear(self) -> list[str]:
        """Titles of what was looked for and not found."""
        return [row.title for row in self._rows() if not row.count]

    def row_of(self, name: str) -> Row | None:
        return next((row for row in self._rows() if row.name == name), None)

    def _rows(self) -> list[Row]:
        return [row_of(self._found[name]) for name in ORDER if name in self._found]

    def values(self, name: str) -> dict[str, Any]:
        return dict((self._found.get(name) or {}).get("values") or {})

    @property
    def languages(self) -> list[tuple[str, int]]:
        """Languages in words, with their dialogues."""
        counts = self.values("languages").get("languages") or {}
        return [
            (language_name(code), count) for code, count in islice(counts.items(), LANGUAGES_SHOWN)
        ]

    @property
    def lacking(self) -> str:
        """Which bases have no words for the language that most is in."""
        bases = self.values("languages").get("lacking") or []
        return str(LACKING) % {"bases": ", ".join(bases[:BASES_NAMED])} if bases else ""

    @property
    def topics(self) -> list[tuple[str, int]]:
        """What people speak of, with the dialogues of each topic."""
        counts = self.values("topics").get("topics") or {}
        return [(kind_words(topic), count) for topic, count in counts.items()]

    @property
    def without_topic(self) -> int:
        return int(self.values("topics").get("none") or 0)

    @property
    def openings(self) -> list[tuple[str, int]]:
        return [
            (opening, count) for opening, count in self.values("openings").get("openings") or []
        ]

    @property
    def turns(self) -> list[tuple[str, int]]:
        return list((self.values("reply_lengths").get("turns") or {}).items())[:12]

    @property
    def fits(self) -> list[dict[str, Any]]:
        """For each ready base how long the dialogues become."""
        return list(self.values("template_fit").get("bases") or [])

    @property
    def fit_data(self) -> list[dict[str, Any]]:
        """The same for the slider: counts of dialogues and tokens beyond each length."""
        names = ("title", "read", "tokens", "longest", "cut")
        return [
            {name: fit[name] for name in names}
            | {"dialogues": fit["read"] - sum(fit["left_out"].values())}
            for fit in self.fits
        ]

    @property
    def test_sets(self) -> list[str]:
        return list(self.values("test_sets").get("sets") or [])


def findings_of(dataset: Dataset) -> Findings | None:
    try:
        return dataset.findings
    except ObjectDoesNotExist:
        return None


def row_of(found: dict[str, Any]) -> Row:
    name, values = found["name"], found["values"]
    kinds = [(kind_words(kind), count) for kind, count in (values.get("kinds") or {}).items()]
    if name == "template_fit":
        kinds = [(fit["title"], fit_count(fit)) for fit in values["bases"]]
        kinds = [one for one in kinds if one[1]]
    if name == "test_sets":
        kinds = list(values["found"].items())
    words = {
        **values,
        "count": f"{found['count']:,}",
        "kinds": ", ".join(kind for kind, _count in kinds[:KINDS_NAMED]),
        "bases": ", ".join(kind for kind, _count in kinds[:BASES_NAMED]),
        "sets": ", ".join(kind for kind, _count in kinds[:BASES_NAMED]),
        "most": language_name(values.get("most", "")),
    }
    return Row(
        name=name,
        title=str(TITLES[name]),
        effect=effect_of(name, words) if found["count"] else "",
        count=found["count"],
        share=found["share"],
        sample=found["read"] if found["read"] < found["total"] else 0,
        kinds=kinds,
        listed=found["listed"],
    )


def fit_count(fit: dict[str, Any]) -> int:
    """Dialogues that a base's template leaves out, or of which it leaves tools out."""
    return int(sum(fit["left_out"].values()) + fit.get("tool_dialogues", 0))


def language_name(code: str) -> str:
    """A language in the page's words."""
    if code in ("", "und"):
        return _("not known")
    try:
        return str(
            get_language_info({"zh": "zh-hans", "no": "nb"}.get(code, code))["name_translated"]
        )
    except KeyError:
        return code


def places_of(row: Findings, name: str, offset: int, limit: int) -> list[dict[str, Any]]:
    """A page of the dialogues that a finding points at."""
    try:
        with (row.folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
            return [json.loads(line) for line in islice(lines, offset, offset + limit)]
    except FileNotFoundError:
        return []
