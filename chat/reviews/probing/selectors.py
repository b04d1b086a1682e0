"""Reading probings: those of a run and of its base, as a table and as the points of a curve."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from chat.reviews.models import ProbeAnswer, ProbeRun
from chat.safety.probes import LEVELS
from finetune.runs.checkpoints import checkpoints_kept
from finetune.runs.models import Run
from finetune.teams.models import User

from .results import passes, worse_than

WIDTH, HEIGHT = 320, 96  # of the curve's drawing, in its own units


def probe_run_get(user: User, public_id: str) -> ProbeRun:
    """A probing of a team that one is in; Http404 otherwise."""
    rows = ProbeRun.objects.for_user(user).select_related("team", "run", "created_by")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404("There is no such probing.")
    return found


@dataclass(frozen=True)
class Point:
    """One probing of the curve; x and y in the drawing's units."""

    probe_run: ProbeRun
    x: float
    y: float


@dataclass(frozen=True)
class Safety:
    """What a run's page shows of probings."""

    run: Run
    probings: list[ProbeRun]
    base: ProbeRun | None
    points: list[Point]
    base_y: float | None
    worse: list[ProbeAnswer]
    passed: dict[str, bool]
    steps: list[int]

    @property
    def is_open(self) -> bool:
        return any(one.is_open for one in self.probings)

    @property
    def line(self) -> str:
        """The curve as the points of an SVG polyline."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def safety_of(run: Run) -> Safety:
    """All probings of a run, newest first, and its base's newest in the same team."""
    probings = list(ProbeRun.objects.filter(run=run))
    base = ProbeRun.objects.filter(
        team=run.team, run=None, assistant=run.base.slug, state=ProbeRun.State.DONE
    ).first()
    done = [one for one in probings if one.state == ProbeRun.State.DONE]
    final = next((one for one in done if one.step is None), done[0] if done else None)
    comparable = final is not None and base is not None and final.probe_set == base.probe_set
    return Safety(
        run=run,
        probings=probings,
        base=base,
        points=points_of(run, done),
        base_y=height(base) if base else None,
        worse=worse_than(final, base) if final and base and comparable else [],
        passed={level: passes(final.result, level) for level in LEVELS} if final else {},
        steps=[one.step for one in checkpoints_kept(run)],
    )


def points_of(run: Run, done: list[ProbeRun]) -> list[Point]:
    """The newest probing of each step, by step."""
    last = max([run.step or 0, *(one.step or 0 for one in done)]) or 1
    newest: dict[int, ProbeRun] = {}
    for one in done:
        newest.setdefault(last if one.step is None else one.step, one)
    return [Point(one, WIDTH * step / last, height(one)) for step, one in sorted(newest.items())]


def height(probe_run: ProbeRun) -> float:
    return HEIGHT * (1 - probe_run.safe_share / 100)
