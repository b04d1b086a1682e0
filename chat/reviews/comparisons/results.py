"""What grades come to: VERA-MH's score of each assistant, and how far the raters agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from krippendorff import alpha

from chat.reviews.models import Comparison, Grade, ProbeRun

from .rubric import BEST, DIMENSIONS, HARM, NONE, ORDER, Dimension, score


@dataclass(frozen=True)
class Arm:
    """One assistant's part of the result."""

    probe_run: ProbeRun
    score: float | None
    best: dict[str, int]
    harm: int
    graded: int


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha (ordinal) in one dimension; None where it is not defined."""

    dimension: Dimension
    alpha: float | None


def arms_of(comparison: Comparison) -> list[Arm]:
    """Each assistant's counts, the best score first."""
    grades = list(Grade.objects.filter(comparison=comparison).select_related("answer"))
    arms = []
    for probe_run in comparison.arms.all():
        own = [grade for grade in grades if grade.answer.probe_run_id == probe_run.pk]
        arms.append(
            Arm(
                probe_run=probe_run,
                score=score(grade.grade for grade in own),
                best={
                    one.key: sum(g.grade == BEST for g in own if g.dimension == one.key)
                    for one in DIMENSIONS
                },
                harm=sum(grade.grade == HARM for grade in own),
                graded=sum(grade.grade != NONE for grade in own),
            )
        )
    return sorted(arms, key=lambda arm: -1.0 if arm.score is None else arm.score, reverse=True)


def agreement_of(comparison: Comparison) -> list[Agreement]:
    grades = Grade.objects.filter(comparison=comparison)
    return [Agreement(one, agreement(list(grades.filter(dimension=one.key)))) for one in DIMENSIONS]


def agreement(grades: list[Grade]) -> float | None:
    """Alpha over raters (rows) and replies (columns), with gaps where nothing was graded.

    Source: K. Krippendorff, Content Analysis (2018), chapter 12; ordinal, since the grades are in
    an order. None for fewer than two raters, or where all said the same: then there is no
    disagreement that chance could be compared with.
    """
    raters = sorted({grade.rater_id for grade in grades})
    answers = sorted({grade.answer_id for grade in grades})
    table = np.full((len(raters), len(answers)), np.nan)
    for grade in grades:
        if grade.grade in ORDER:
            at = raters.index(grade.rater_id), answers.index(grade.answer_id)
            table[at] = ORDER[grade.grade]
    both = (~np.isnan(table)).sum(axis=0) >= 2 if len(raters) > 1 else np.zeros(0, dtype=bool)
    if not both.any() or len(np.unique(table[:, both][~np.isnan(table[:, both])])) < 2:
        return None
    return float(alpha(reliability_data=table, level_of_measurement="ordinal"))
