"""What each learning rate came to, arm by arm, with the first seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from finetune.studies.design.arms import Arm
from finetune.studies.design.cells import Cell, Point, Results, grid_of
from finetune.studies.design.settings import StudySettings
from finetune.studies.models import StudyRun


@dataclass(frozen=True)
class GridCell:
    """One point of the grid with the first seed.

    Attributes:
        state: `done`, `failed`, its run's state, or empty for a run that is not made yet.
        loss: its lowest held-out loss.
        is_chosen: whether it is the arm's best.
        run_id: its run's public id.
    """

    rate: float
    state: str
    loss: float | None = None
    is_chosen: bool = False
    run_id: str = ""


@dataclass(frozen=True)
class GridRow:
    """The points of one arm at one sweep point, by rate."""

    arm: Arm
    swept: str
    cells: list[GridCell]


def grid_rows(
    settings: StudySettings,
    arms: Sequence[Arm],
    cells: Sequence[StudyRun],
    results: Results,
    points: Mapping[str, Point],
) -> list[GridRow]:
    """A row for each arm and sweep point."""
    runs = {cell.key: cell.run for cell in cells}
    rows = []
    for arm in arms:
        grid = grid_of(settings, arm, results)
        for swept in dict.fromkeys(point.swept for point in grid):
            found = []
            for point in sorted(one for one in grid if one.swept == swept):
                key = Cell(arm.name, point, settings.seeds[0]).key
                run, result = runs.get(key), results.get(key)
                state = run.state if run else ""
                if result is not None:
                    state = "failed" if result.failed else "done"
                found.append(
                    GridCell(
                        point.rate,
                        state,
                        result.best_loss if result else None,
                        points.get(arm.name) == point,
                        run.public_id if run else "",
                    )
                )
            words = ", ".join(f"{name} {value}" for name, value in swept)
            rows.append(GridRow(arm, words, found))
    return rows
