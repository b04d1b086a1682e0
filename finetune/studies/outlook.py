"""What a study will take, and what is left of it: runs, time, energy, circuits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from finetune.runs.form.estimates import RunChoice, run_plan
from finetune.runs.models import Run
from finetune.runs.queue.line import seconds_of, workers_alive
from finetune.training.forecast.learned import Band
from finetune.training.plan import RunPlan

from .design.arms import Arm
from .design.cells import Cell, Point, cells_left, next_cells
from .design.settings import StudySettings
from .models import Study, StudyRun
from .orders import StudyOrder, cell_settings
from .results import results_now


@dataclass(frozen=True)
class ArmPlan:
    """One arm at one sweep point: what each of its runs will be and take.

    Attributes:
        rates: how many learning rates are tried there.
    """

    arm: Arm
    swept: tuple[tuple[str, Any], ...]
    rates: int
    choice: RunChoice
    plan: RunPlan

    @property
    def key(self) -> str:
        return plan_key(self.arm.name, dict(self.swept))

    @property
    def seconds(self) -> float | None:
        forecast = self.plan.forecast
        return forecast.seconds.middle if forecast and forecast.seconds else None


def plan_key(arm: str, swept: dict[str, Any]) -> str:
    return "~".join([arm, *(f"{name}-{value}" for name, value in sorted(swept.items()))])


def run_count(study: StudySettings, arms: Sequence[Arm]) -> int:
    """Runs of the whole study, if no grid is made longer."""
    return cells_left(study, arms, {})


def arm_plans(order: StudyOrder) -> list[ArmPlan]:
    """The plan of each arm at each sweep point; learning rate and seed change nothing of it.

    Raises:
        RunRefused: a value is out of its bounds, or no option.
        StudyRefused: there are no such arms.
    """
    study, plans = order.settings, []
    for arm in order.arms:
        rates = study.rates.get(arm.name) or list(arm.rates)
        for point in study.points_swept():
            swept = tuple(sorted(point.items()))
            cell = Cell(arm.name, Point(rates[0], swept), study.seeds[0])
            choice = RunChoice(
                team=order.team,
                settings=cell_settings(study, arm, cell),
                base=order.base,
                dataset=order.dataset,
                validation_dataset=order.validation_dataset,
            )
            plans.append(ArmPlan(arm, swept, len(set(rates)), choice, run_plan(choice)))
    return plans


def times_of(study: StudySettings, plans: Sequence[ArmPlan]) -> list[tuple[ArmPlan, int]]:
    """How many runs each plan stands for: its rates, and of each arm the longest its other seeds,
    since nobody knows which point will be chosen."""
    longest: dict[str, ArmPlan] = {}
    for one in plans:
        known = longest.setdefault(one.arm.name, one)
        if (one.seconds or 0.0, one.choice.settings.steps) > (
            known.seconds or 0.0,
            known.choice.settings.steps,
        ):
            longest[one.arm.name] = one
    more = len(study.seeds) - 1
    return [(one, one.rates + (more if one is longest[one.arm.name] else 0)) for one in plans]


def total_steps(study: StudySettings, plans: Sequence[ArmPlan]) -> int:
    """Optimizer steps of the whole study, at most, if no grid is made longer."""
    return sum(times * one.choice.settings.steps for one, times in times_of(study, plans))


@dataclass(frozen=True)
class StudyCost:
    """What a study will take in all; None where nobody can tell.

    Attributes:
        runs: how many.
        steps: optimizer steps.
        seconds: of one worker that carries them out one after the other.
        joules: energy.
        memory: the largest peak of one run, bytes.
        circuits: sampled circuits.
        workers: how many share the time.
    """

    runs: int
    steps: int
    seconds: Band | None
    joules: Band | None
    memory: int | None
    circuits: int | None
    workers: int

    @property
    def elapsed(self) -> Band | None:
        return self.seconds.times(1 / self.workers) if self.seconds else None


def study_cost(study: StudySettings, arms: Sequence[Arm], plans: Sequence[ArmPlan]) -> StudyCost:
    """Add the plans up."""
    seconds: list[Band] = []
    joules: list[Band] = []
    circuits, known = 0, bool(plans)
    for one, times in times_of(study, plans):
        if one.plan.sampling is not None:
            circuits += times * one.plan.sampling.circuits
        forecast = one.plan.forecast
        if forecast is None or forecast.seconds is None or forecast.joules is None:
            known = False
            continue
        seconds.append(forecast.seconds.times(times))
        joules.append(forecast.joules.times(times))
    peaks = [one.plan.forecast.memory.middle for one in plans if one.plan.forecast]
    return StudyCost(
        runs=run_count(study, arms),
        steps=total_steps(study, plans),
        seconds=added(seconds) if known else None,
        joules=added(joules) if known else None,
        memory=round(max(peaks)) if peaks else None,
        circuits=circuits or None,
        workers=max(1, workers_alive()),
    )


def added(bands: Iterable[Band]) -> Band:
    total = Band(0.0, 0.0, 0.0)
    for band in bands:
        total = total.plus(band)
    return total


@dataclass(frozen=True)
class Left:
    """What is left of a study's runs.

    Attributes:
        made: runs that there are.
        ended: of those, how many have ended.
        failed: of those, how many have failed or were cancelled.
        total: runs of the whole study, as far as is known now.
        seconds: until the last one ends, if nothing else waits; None where nobody knows.
        joules: that they will take, by the mean of those that have ended.
    """

    made: int
    ended: int
    failed: int
    total: int
    seconds: float | None
    joules: float | None = None

    @property
    def runs(self) -> int:
        return max(0, self.total - self.ended)

    @property
    def percent(self) -> int:
        return math.floor(100 * self.ended / self.total) if self.total else 100


def study_left(study: Study, arms: Sequence[Arm], cells: Sequence[StudyRun]) -> Left:
    """Count what is left; a run that is not made yet takes what those of its arm took."""
    settings, results = study.settings, results_now(cells)
    left = 0 if study.chosen_at is not None else cells_left(settings, arms, results)
    live = [cell for cell in cells if not cell.run.is_finished]
    known = {cell.key for cell in cells}
    coming = [cell for cell in next_cells(settings, arms, results) if cell.key not in known]
    seconds = [seconds_of(cell.run) for cell in live]
    seconds += [foreseen(study, cells, one.arm, dict(one.point.swept)) for one in coming]
    seconds += [foreseen(study, cells, one.arm, one.swept) for one in cells if one.stopped]
    told = [one for one in seconds if one is not None]
    later = max(0, left - len(seconds))  # seeds of points that are not chosen yet
    seconds += [sum(told) / len(told) if told else None] * later
    total = None if None in seconds else sum(one for one in seconds if one is not None)
    drawn = [one.joules for one in results.values() if one.joules]
    return Left(
        made=len(cells),
        ended=len(results),
        failed=sum(bool(one.failed) for one in results.values()),
        total=len(results) + left,
        seconds=None if total is None else total / max(1, workers_alive()),
        joules=left * sum(drawn) / len(drawn) if drawn else None,
    )


def foreseen(
    study: Study, cells: Sequence[StudyRun], arm: str, swept: dict[str, Any]
) -> float | None:
    """What a run of this arm takes: as its earlier runs took, else as it was foreseen."""
    took = [
        (run.finished_at - run.started_at).total_seconds()
        for cell in cells
        if cell.arm == arm and cell.swept == swept
        for run in [cell.run]
        if run.state == Run.State.SUCCEEDED and run.started_at and run.finished_at
    ]
    value: float | None = median(took) if took else study.seconds.get(plan_key(arm, swept))
    return value
