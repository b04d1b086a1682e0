"""Everything that a study's page shows, for its team and for who has a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finetune.studies.design.arms import Arm
from finetune.studies.design.cells import Point, Results, chosen
from finetune.studies.models import Study, StudyScore
from finetune.studies.orders import study_arms
from finetune.studies.outlook import study_left
from finetune.studies.results import cells_of, study_results

from .curves import arm_lines, drawn, losses_by_step
from .grid import grid_rows

SORTS = ("arms", "validation")


def sort_of(asked: str) -> str:
    """How the table is sorted. Test is no order: who is first on it by chance would be believed."""
    return asked if asked in SORTS else SORTS[0]


def study_page(study: Study, *, sort: str = "arms") -> dict[str, Any]:
    """The context of the page and of the report."""
    arms = study_arms(study)
    cells = cells_of(study)
    results = study_results(study, cells)
    points = points_now(study, arms, results)
    items = arm_lines(study, arms, cells, results)
    shown = drawn(items)
    scores = list(study.scores.select_related("cell"))
    return {
        "study": study,
        "settings": study.settings,
        "sort": sort,
        "items": items,
        "lines": shown,
        "values": losses_by_step(shown),
        "grid": grid_rows(study.settings, arms, cells, results, points),
        "cells": cells,
        "left": study_left(study, arms, cells),
        "scored": sum(score.state == StudyScore.State.DONE for score in scores),
        "to_score": len(scores),
        "score_problems": [score for score in scores if score.state == StudyScore.State.FAILED],
    }


def points_now(study: Study, arms: Sequence[Arm], results: Results) -> dict[str, Point]:
    """By arm the point that is chosen, or the best one of a whole grid so far."""
    if study.chosen_at is None:
        return chosen(study.settings, arms, results)
    return {
        arm: Point(point["rate"], tuple(sorted(point["swept"].items())))
        for arm, point in study.chosen.items()
    }
