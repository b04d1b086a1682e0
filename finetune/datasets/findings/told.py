"""Everything that was found in a data set in one list: by its check, and by the second look.

For whoever reads it from a program; the pages show the two apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetune.datasets.models import Dataset
from finetune.datasets.report import WORDS

from .changing import done_about
from .models import Findings
from .page import FindingsView, findings_of, places_of
from .words import WARNINGS

Level = Literal["error", "warning", "note"]
FIRST = 5  # places that stand beside a finding
REMARKS = frozenset(  # what the check says of lines that stay
    {
        "another_system",
        "control_token",
        "duplicate",
        "formula",
        "group_not_together",
        "later_system",
        "media_left_out",
        "near_duplicate",
        "rows_in_a_cell",
        "stray_quote",
    }
)


@dataclass(frozen=True)
class PlaceTold:
    """Where something was found.

    Attributes:
        number: its place in the list of its finding, from 0.
        line: of the version's file.
        part: `train` or `validation`; empty where the line is in neither.
        text: a few words of the dialogue with personal data masked, or what is wrong with the line.
        note: what is there, as a code.
        group: those that belong together have the same one; 0: it stands alone.
        problem: its number among the problems of the check; None of the second look.
        fixable: whether a fix is proposed.
    """

    number: int
    line: int
    part: str
    text: str
    note: str = ""
    group: int = 0
    problem: int | None = None
    fixable: bool = False


@dataclass(frozen=True)
class FindingTold:
    """One finding.

    Attributes:
        kind: of the check's names or of the second look's.
        source: `check` or `look`.
        level: `error`, lines are left out; `warning`, what is learned or measured is spoiled, or a
            line deserves a look; `note`, worth knowing.
        title: what people call it.
        count: lines, dialogues or (of openings) replies that it speaks of.
        share: of the dialogues, or of the records, that were read; 0 to 1.
        read: how many were read, where it was not all.
        sentence: what it does to a run.
        kinds: what is inside, with counts.
        can: what can be done about it: `fix`, `mask`, `exclude`, `keep_first`.
        listed: how many places there are to read.
        first: the first of them.
    """

    kind: str
    source: Literal["check", "look"]
    level: Level
    title: str
    count: int
    share: float
    read: int | None
    sentence: str
    kinds: dict[str, int]
    can: list[str]
    listed: int
    first: list[PlaceTold] = field(default_factory=list)


def findings_told(dataset: Dataset) -> list[FindingTold]:
    """What the check found, most lines first, and then what the second look did, in order of what
    matters. Empty where nothing was read."""
    return [*_of_check(dataset), *_of_look(dataset)]


def places_told(dataset: Dataset, kind: str, offset: int, limit: int) -> list[PlaceTold] | None:
    """A page of the places of one finding; None where there is no such finding."""
    view = FindingsView(dataset)
    row = view.row_of(kind)
    if view.row is not None and row is not None and row.listed:
        return _places(view.row, kind, offset, limit)
    if kind not in (dataset.report.get("problem_counts") or {}):
        return [] if row is not None else None
    return list(islice(_problems(dataset, kind), offset, offset + limit))


def _of_check(dataset: Dataset) -> Iterator[FindingTold]:
    report = dataset.report
    records = int(report.get("records") or 0)
    kept: list[dict[str, Any]] = report.get("problems") or []
    for check, count in (report.get("problem_counts") or {}).items():
        severities = {row["severity"] for row in kept if row["check"] == check}
        is_error = "error" in severities or not (severities or check in REMARKS)
        yield FindingTold(
            kind=check,
            source="check",
            level="error" if is_error else "warning",
            title=str(WORDS.get(check, check.replace("_", " "))),
            count=count,
            share=count / records if records else 0.0,
            read=None,
            sentence=_sentence(check, count, is_error),
            kinds={},
            can=["fix"] if any(row.get("fixable") for row in kept if row["check"] == check) else [],
            listed=count,
            first=list(islice(_problems(dataset, check, kept), FIRST)),
        )


def _sentence(check: str, count: int, is_error: bool) -> str:
    if is_error:
        words = ngettext(
            "%(n)s line is left out: a run learns nothing from it.",
            "%(n)s lines are left out: a run learns nothing from them.",
            count,
        )
    elif check == "duplicate":
        words = ngettext(
            "%(n)s dialogue stands twice, letter by letter: it is learned once.",
            "%(n)s dialogues stand twice, letter by letter: they are learned once.",
            count,
        )
    else:
        words = ngettext(
            "%(n)s line is kept as it is and deserves a look.",
            "%(n)s lines are kept as they are and deserve a look.",
            count,
        )
    return words % {"n": f"{count:,}"}


def _problems(
    dataset: Dataset, check: str, kept: list[dict[str, Any]] | None = None
) -> Iterator[PlaceTold]:
    """Places that a check named, of the first problems or of all that were written."""
    rows = _rows(dataset) if kept is None else iter(kept)
    found = ((at, row) for at, row in enumerate(rows) if row["check"] == check)
    for number, (at, row) in enumerate(found):
        yield PlaceTold(
            number=number,
            line=int(row["line"]),
            part="",
            text=_("%(reason)s. %(fix)s") % {"reason": row["reason"], "fix": row["fix"]},
            note=row.get("member") or "",
            problem=at,
            fixable=bool(row.get("fixable")),
        )


def _rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Every problem of a file that was read to its end; of a refused one the first."""
    if dataset.state != Dataset.State.READY:
        yield from dataset.report.get("problems") or []
        return
    try:
        with dataset.problems_file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except FileNotFoundError:
        return


def _of_look(dataset: Dataset) -> Iterator[FindingTold]:
    found = findings_of(dataset)
    if found is None or found.state != Findings.State.DONE:
        return
    for row in FindingsView(dataset).rows:
        if row.name == "control_tokens":  # the check has named them
            continue
        yield FindingTold(
            kind=row.name,
            source="look",
            level="warning" if row.name in WARNINGS else "note",
            title=row.title,
            count=row.count,
            share=row.share,
            read=row.sample or None,
            sentence=row.effect,
            kinds=dict(row.kinds),
            can=list(done_about(row)),
            listed=row.listed,
            first=_places(found, row.name, 0, FIRST),
        )


def _places(found: Findings, name: str, offset: int, limit: int) -> list[PlaceTold]:
    return [
        PlaceTold(number, one["line"], one["part"], one["excerpt"], one["note"], one["group"])
        for number, one in enumerate(places_of(found, name, offset, limit), offset)
    ]
