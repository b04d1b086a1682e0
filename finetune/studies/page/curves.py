"""The curves of a study's arms over one another: of each, its best point so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from finetune.runs.compare.comparison import DASHES, Compared, lines, values_by_step
from finetune.studies.design.arms import SUBJECT, Arm
from finetune.studies.design.cells import Result
from finetune.studies.models import Study, StudyRun
from quantum.adapters.registry import get_adapter

QUANTUM = 0  # the line of what is quantum, in violet; the others have a colour each
COLOURS = 8


@dataclass(frozen=True)
class ArmLine:
    """One arm with the line that stands for it.

    Attributes:
        number: of its colour.
        dash: of its line, as SVG writes it; empty for an unbroken one.
        cell: whose curve is drawn; None before its first run has begun.
    """

    arm: Arm
    number: int
    dash: str
    cell: StudyRun | None

    @property
    def quantum(self) -> bool:
        return self.number == QUANTUM


def arm_lines(
    study: Study,
    arms: Sequence[Arm],
    cells: Sequence[StudyRun],
    results: Mapping[str, Result],
) -> list[ArmLine]:
    """A line for each arm; what has a circuit comes in violet, each other one in its own colour."""
    found, taken = [], 0
    for arm in arms:
        if arm.name == SUBJECT and get_adapter(arm.adapter).quantum:
            number, dash = QUANTUM, ""
        else:
            number, dash = taken % COLOURS + 1, DASHES[(taken + taken // COLOURS) % len(DASHES)]
            taken += 1
        found.append(ArmLine(arm, number, dash, drawn_cell(study, arm.name, cells, results)))
    return found


def drawn_cell(
    study: Study, arm: str, cells: Sequence[StudyRun], results: Mapping[str, Result]
) -> StudyRun | None:
    """The run with the first seed whose curve stands for the arm: of the chosen point, else of the
    lowest held-out loss so far, else the one that has come furthest."""
    first = study.settings.seeds[0]
    own = [cell for cell in cells if cell.arm == arm and cell.seed == first]
    point = study.chosen.get(arm)
    if point is not None:
        own = [c for c in own if (c.rate, c.swept) == (point["rate"], point["swept"])] or own
    known = [
        (result.best_loss, cell.pk, cell)
        for cell in own
        if (result := results.get(cell.key)) is not None and result.best_loss is not None
    ]
    if known:
        return min(known)[2]
    begun = [cell for cell in own if cell.run.step]
    return max(begun, key=lambda cell: cell.run.step, default=None)


def drawn(items: Sequence[ArmLine]) -> list[dict[str, Any]]:
    """What the page's script draws, under the arms' names."""
    begun = [one for one in items if one.cell is not None]
    compared = [
        Compared(one.cell.run, one.number, one.dash, "") for one in begun if one.cell is not None
    ]
    return [
        {**line, "name": _(one.arm.title)} for one, line in zip(begun, lines(compared), strict=True)
    ]


def losses_by_step(
    shown: Sequence[dict[str, Any]],
) -> list[tuple[int, list[float | None]]]:
    """The held-out loss of each arm at each evaluation: the chart's table twin."""
    return values_by_step(shown)
