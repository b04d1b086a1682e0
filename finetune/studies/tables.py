"""A study's table: put together from rows when it is done, kept, and read from then on.

The statistics load SciPy, which a web process does without until somebody looks at a study.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .design.arms import Arm
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


def plain(table: StudyTable) -> dict[str, Any]:
    """As JSON has it; numbers of numpy become numbers."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(table), default=float))
    return values
