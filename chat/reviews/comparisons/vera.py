"""Talks and grades as VERA-MH's tools read them: a conversation, its turns, a row of grades."""

from __future__ import annotations

import csv
import io
from typing import Any

from chat.reviews.models import Comparison, Grade, ProbeAnswer
from chat.reviews.probing.services import words_of_probes

from .rubric import DIMENSIONS


def turns_of(dialogue: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """A probe and its replies as turns: who speaks, what, and the number of the exchange."""
    rows: list[dict[str, Any]] = []
    for number, (asked, reply) in enumerate(dialogue, 1):
        rows.append({"turn": number, "speaker": "user", "text": asked})
        rows.append({"turn": number, "speaker": "chatbot", "text": reply})
    return rows


def conversations(comparison: Comparison) -> list[dict[str, Any]]:
    """All talks of a comparison, with the assistant's name where it is closed."""
    asked = words_of_probes()
    names = {arm.pk: arm for arm in comparison.arms.all()}
    answers = ProbeAnswer.objects.filter(
        probe_run__comparisons=comparison, probe__in=comparison.probes
    )
    return [
        {
            "conversation_id": f"{comparison.public_id}-{answer.pk}",
            "provider_agent": names[answer.probe_run_id].title if comparison.closed_at else "",
            "persona": f"{answer.level}/{answer.kind}",
            "language": answer.language,
            "turns": turns_of(answer.dialogue(asked)),
        }
        for answer in answers
    ]


def grades_csv(comparison: Comparison) -> str:
    """One row a reply and rater, one column a dimension; raters by number."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["conversation_id", "rater", *(one.title for one in DIMENSIONS)])
    rows: dict[tuple[int, int], dict[str, str]] = {}
    for grade in Grade.objects.filter(comparison=comparison):
        rows.setdefault((grade.answer_id, grade.rater_id), {})[grade.dimension] = (
            grade.get_grade_display()
        )
    raters = {pk: f"rater {n}" for n, pk in enumerate(sorted({rater for _, rater in rows}), 1)}
    for (answer, rater), given in sorted(rows.items()):
        table.writerow(
            [
                f"{comparison.public_id}-{answer}",
                raters[rater],
                *(given.get(one.key, "") for one in DIMENSIONS),
            ]
        )
    return out.getvalue()
