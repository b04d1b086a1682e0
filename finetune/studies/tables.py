"""A study's table: put together from rows when it is done, kept, and read from then on.

The statistics load SciPy, which a web process does without until somebody looks at a study.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .design.arms import TITLES, TWIN, Arm
from .design.cells import Results
from .models import Study, StudyRun, StudyScore
from .orders import study_arms
from .results import cells_of, study_results

if TYPE_CHECKING:
    from .design.table import StudyTable


def table_made(study: Study) -> dict[str, Any]:
    """The table of a study whose scores have all ended, as it is kept."""
    from .design.table import table_of

    kinds: dict[str, dict[str, Any]] = {kind: {} for kind in StudyScore.Kind.values}
    for score in study.scores.filter(state=StudyScore.State.DONE):
        kinds[score.kind][score.key] = score.result
    results = study_results(study, cells_of(study))
    test, task = kinds[StudyScore.Kind.TEST], kinds[StudyScore.Kind.TASK]
    return plain(table_of(study.settings, study_arms(study), results, test, task))


def study_table(
    study: Study, arms: Sequence[Arm], cells: Sequence[StudyRun], results: Results
) -> dict[str, Any]:
    """What there is to show now: before a study is done, nothing of the test set."""
    if study.table:
        kept: dict[str, Any] = study.table
        return kept
    from .design.table import table_of

    return plain(table_of(study.settings, arms, results, {}))


def headline_at(arms: Sequence[str]) -> int | None:
    """Which comparison stands on top: the circuit against its classical twin, else the first."""
    return arms.index(TWIN) if TWIN in arms else 0 if arms else None


def headline_said(table: Mapping[str, Any]) -> str:
    """The sentence on top of a table, in the language of the reader; empty for none."""
    added = table.get("added", ())
    at = headline_at([one["arm"] for one in added])
    if at is None or not table["test_dialogues"]:
        return ""
    sentence = added[at]["sentence"]
    values = sentence["values"]
    named = {"a": capfirst(arm_said(values["a"])), "b": arm_said(values["b"])}
    return _(str(sentence["text"])) % {**values, **named}


def arm_said(words: str) -> str:
    """An arm's words, which may begin with a capital letter, in the language of the reader."""
    known = (title for title in TITLES.values() if words in (title, capfirst(title)))
    return _(next(known, words))


def plain(table: StudyTable) -> dict[str, Any]:
    """As JSON has it; numbers of numpy become numbers."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(table), default=float))
    return values
