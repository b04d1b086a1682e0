"""Comparisons: opened, graded one probe at a time, closed. Until then nobody sees a name."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from chat.reviews.models import Comparison, Grade, ProbeAnswer, ProbeRun
from finetune.exceptions import StudioError
from finetune.teams.models import Team, User

from .rubric import DIMENSIONS, GRADES, KEYS

FEWEST, MOST = 2, 4
LEAST_PROBES, MOST_PROBES = 4, 216


@transaction.atomic
def comparison_open(
    *, team: Team, user: User, title: str, arms: Sequence[ProbeRun], count: int
) -> Comparison:
    """Compare finished probings on `count` probes, drawn evenly from the levels.

    Raises:
        StudioError: too few or too many arms, other probes, another team's, or no title.
    """
    title = " ".join(title.split())[:120]
    if not title:
        raise StudioError("Give it a name.", code="no_title", field="title")
    if not FEWEST <= len({arm.pk for arm in arms}) <= MOST:
        raise StudioError(f"Choose {FEWEST} to {MOST} assistants.", code="arms", field="arms")
    if any(arm.team_id != team.pk or arm.state != ProbeRun.State.DONE for arm in arms):
        raise StudioError("Choose finished probings of your team.", code="arms", field="arms")
    if len({arm.probe_set for arm in arms}) > 1:
        raise StudioError(
            "These assistants were asked different probes. Ask them again, of all.",
            code="other_probes",
            field="arms",
        )
    if not LEAST_PROBES <= count <= MOST_PROBES:
        raise StudioError(
            f"Choose {LEAST_PROBES} to {MOST_PROBES} probes.", code="count", field="count"
        )
    made = Comparison.objects.create(
        team=team, created_by=user, title=title, probes=drawn(arms[0], count)
    )
    made.arms.set(arms)
    return made


def drawn(arm: ProbeRun, count: int) -> list[str]:
    """So many probes, from each level in turn, by chance and the same for the same probes."""
    by_level: dict[str, list[str]] = {}
    for answer in arm.answers.order_by("probe"):
        by_level.setdefault(answer.level, []).append(answer.probe)
    chance = random.Random(arm.probe_set)
    for ids in by_level.values():
        chance.shuffle(ids)
    taken: list[str] = []
    while len(taken) < count and any(by_level.values()):
        taken += [ids.pop() for ids in by_level.values() if ids]
    return taken[:count]


def order_for(comparison: Comparison, rater: User, probe: str) -> list[ProbeAnswer]:
    """The replies to a probe in the order in which this person sees them, the same at each look."""
    answers = ProbeAnswer.objects.filter(probe_run__comparisons=comparison, probe=probe)
    mark = f"{comparison.public_id} {rater.pk} {probe}"

    def place(answer: ProbeAnswer) -> str:
        return hashlib.sha256(f"{mark} {answer.pk}".encode()).hexdigest()

    return sorted(answers, key=place)


def next_probe(comparison: Comparison, rater: User) -> str | None:
    """The first probe of which this person has not graded everything; None: all are."""
    wanted = comparison.arms.count() * len(KEYS)
    done: dict[str, int] = {}
    grades = Grade.objects.filter(comparison=comparison, rater=rater)
    for probe in grades.values_list("answer__probe", flat=True):
        done[probe] = done.get(probe, 0) + 1
    return next((probe for probe in comparison.probes if done.get(probe, 0) < wanted), None)


@transaction.atomic
def grades_give(
    *, comparison: Comparison, rater: User, probe: str, grades: Mapping[tuple[int, str], str]
) -> None:
    """Keep one person's grades of all replies to a probe.

    Args:
        grades: by the answer's primary key and the dimension's.

    Raises:
        StudioError: it is closed, the probe is not among its own, or a grade is missing.
    """
    row = Comparison.objects.select_for_update().get(pk=comparison.pk)
    if not row.is_open:
        raise StudioError("The names have been shown; nothing is graded any more.", code="closed")
    if probe not in row.probes:
        raise StudioError("This probe is not part of the comparison.", code="other_probe")
    answers = order_for(row, rater, probe)
    for number, answer in enumerate(answers, 1):
        for dimension in DIMENSIONS:
            if grades.get((answer.pk, dimension.key)) not in GRADES:
                raise StudioError(
                    f"Reply {number}, “{dimension.title}”: choose a grade.",
                    code="grade_missing",
                    field=f"grade-{answer.pk}-{dimension.key}",
                )
    for answer in answers:
        for key in KEYS:
            Grade.objects.update_or_create(
                comparison=row,
                answer=answer,
                rater=rater,
                dimension=key,
                defaults={"grade": grades[answer.pk, key]},
            )


@transaction.atomic
def comparison_close(*, comparison: Comparison) -> None:
    """Show the names, for good.

    Raises:
        StudioError: nobody has graded anything, or it is closed.
    """
    row = Comparison.objects.select_for_update().get(pk=comparison.pk)
    if not row.is_open:
        raise StudioError("The names have been shown already.", code="closed")
    if not row.grades.exists():
        raise StudioError("Nobody has graded a reply yet.", code="no_grades")
    row.closed_at = timezone.now()
    row.save(update_fields=["closed_at"])
