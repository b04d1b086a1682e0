"""Which runs a study needs next, from the results that there are. It keeps and starts nothing.

Each arm's grid (learning rates and whatever else is swept) is tried with the first seed. Where the
best learning rate is the lowest or highest of the grid, the grid is made longer there, as often as
the study allows. The best point by validation then runs with the other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.training.settings import RunSettings

from .arms import Arm
from .settings import StudySettings

LOWEST, HIGHEST = 1e-7, 1.0  # learning rates


@dataclass(frozen=True, order=True)
class Point:
    """A learning rate and the swept settings, sorted by name."""

    rate: float
    swept: tuple[tuple[str, Any], ...] = ()

    @property
    def text(self) -> str:
        """As a part of a cell's key.

        >>> Point(0.01, (("steps", 30),)).text
        'rate-0.01~steps-30'
        """
        return "~".join(
            [f"rate-{self.rate:g}", *(f"{name}-{value:g}" for name, value in self.swept)]
        )


@dataclass(frozen=True, order=True)
class Cell:
    """One run of a study.

    >>> Cell("circuit", Point(0.01), 1).key
    'circuit~rate-0.01~seed-1'
    """

    arm: str
    point: Point
    seed: int

    @property
    def key(self) -> str:
        """A text that names the cell within its study and may be a folder's name."""
        return f"{self.arm}~{self.point.text}~seed-{self.seed}"

    def settings(self, study: StudySettings, arm: Arm) -> RunSettings:
        """The settings of its run.

        Raises:
            BadConfig: they cannot be used.
        """
        return RunSettings.from_dict(
            {
                **study.settings,
                **dict(self.point.swept),
                "adapter": arm.adapter,
                "adapter_options": dict(arm.options),
                "learning_rate": self.point.rate,
                "seed": self.seed,
            }
        )


@dataclass(frozen=True)
class Result:
    """What one run came to; losses are means over labelled tokens, in nats.

    Attributes:
        base_loss: held-out loss of the untouched base.
        best_loss: lowest held-out loss, by which the checkpoint is chosen.
        best_step: after which step it was measured.
        last_loss: held-out loss after the last step.
        train_loss: mean over the last tenth of the steps.
        parameters: trained numbers.
        step_seconds: mean wall time of a step.
        processor_seconds: of the whole run.
        peak_memory_mb: the most that the trainer held.
        joules: energy.
        circuits: circuits run or simulated, where the adapter counts them.
        shots: of these, where they were sampled.
        precision: number format of large products.
        failed: why it has no result; empty where it has one.
    """

    base_loss: float | None = None
    best_loss: float | None = None
    best_step: int | None = None
    last_loss: float | None = None
    train_loss: float | None = None
    parameters: int | None = None
    step_seconds: float | None = None
    processor_seconds: float | None = None
    peak_memory_mb: float | None = None
    joules: float | None = None
    circuits: int | None = None
    shots: int | None = None
    precision: str = ""
    failed: str = ""


Results = Mapping[str, Result]  # by the cell's key


def next_cells(study: StudySettings, arms: Sequence[Arm], results: Results) -> list[Cell]:
    """The runs that can be started now and have no result yet; none: the study is complete.

    Args:
        study: its settings.
        arms: its arms on its base (`StudySettings.arms_on`).
        results: of the runs that have ended, also failed ones.
    """
    wanted: list[Cell] = []
    for arm in arms:
        grid = grid_of(study, arm, results)
        missing = [cell for point in grid if (cell := _first(study, arm, point)).key not in results]
        if missing:
            wanted += missing
            continue
        best = _best(study, arm, grid, results)
        if best is not None:
            cells = [Cell(arm.name, best, seed) for seed in study.seeds[1:]]
            wanted += [cell for cell in cells if cell.key not in results]
    # Grids before further seeds, and one seed of all arms before the next.
    return sorted(wanted, key=lambda cell: study.seeds.index(cell.seed))


def grid_of(study: StudySettings, arm: Arm, results: Results) -> list[Point]:
    """The arm's points, with the learning rates by which its grid was made longer."""
    rates = sorted(set(study.rates.get(arm.name) or arm.rates))
    ratio = (rates[-1] / rates[0]) ** (1 / (len(rates) - 1)) if len(rates) > 1 else 3.0
    for _ in range(study.extensions):
        points = _points(study, rates)
        if any(_first(study, arm, point).key not in results for point in points):
            break
        best = _best(study, arm, points, results)
        if best is None or best.rate not in (rates[0], rates[-1]):
            break
        further = rates[0] / ratio if best.rate == rates[0] else rates[-1] * ratio
        further = float(f"{further:.2g}")
        if not LOWEST <= further <= HIGHEST:
            break
        rates = sorted({*rates, further})
    return _points(study, rates)


def chosen(study: StudySettings, arms: Sequence[Arm], results: Results) -> dict[str, Point]:
    """Each arm's best point by validation, once its whole grid has been tried."""
    found = {}
    for arm in arms:
        grid = grid_of(study, arm, results)
        if all(_first(study, arm, point).key in results for point in grid):
            best = _best(study, arm, grid, results)
            if best is not None:
                found[arm.name] = best
    return found


def at_edge(study: StudySettings, arm: Arm, point: Point, results: Results) -> bool:
    """Whether a point has the lowest or highest learning rate that was tried for its arm."""
    rates = {one.rate for one in grid_of(study, arm, results)}
    return len(rates) > 1 and point.rate in (min(rates), max(rates))


def cells_left(study: StudySettings, arms: Sequence[Arm], results: Results) -> int:
    """How many runs the study still needs, if no grid is made longer."""
    left = 0
    for arm in arms:
        grid = grid_of(study, arm, results)
        missing = sum(_first(study, arm, point).key not in results for point in grid)
        left += missing
        best = None if missing else _best(study, arm, grid, results)
        if missing:
            left += len(study.seeds) - 1
        elif best is not None:
            left += sum(Cell(arm.name, best, seed).key not in results for seed in study.seeds[1:])
    return left


def _points(study: StudySettings, rates: Sequence[float]) -> list[Point]:
    swept = [tuple(sorted(point.items())) for point in study.points_swept()]
    return [Point(rate, one) for rate in rates for one in swept]


def _first(study: StudySettings, arm: Arm, point: Point) -> Cell:
    return Cell(arm.name, point, study.seeds[0])


def _best(study: StudySettings, arm: Arm, grid: Sequence[Point], results: Results) -> Point | None:
    """The point with the lowest held-out loss under the first seed; failed ones do not count."""
    losses = [(results[_first(study, arm, point).key].best_loss, point) for point in grid]
    known = [(loss, point) for loss, point in losses if loss is not None]
    return min(known)[1] if known else None
