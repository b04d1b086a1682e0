"""Everything that a study's page shows, for its team and for who has a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.models import Run
from finetune.runs.page.facts import shown
from finetune.runs.queue.line import Place, places
from finetune.runs.worker.conclusions import SILENT
from finetune.studies.design.arms import Arm
from finetune.studies.design.cells import Point, Results, chosen
from finetune.studies.design.tasks import TASKS
from finetune.studies.models import Study, StudyRun, StudyScore
from finetune.studies.orders import study_arms
from finetune.studies.outlook import Left, study_left
from finetune.studies.results import cells_of, study_results
from finetune.studies.scoring import test_dialogues
from finetune.studies.tables import headline_at, study_table

from .curves import ArmLine, arm_lines, drawn, losses_by_step
from .drawing import Whisker, whiskers
from .grid import grid_rows

SORTS = ("validation", "arms")


def sort_of(asked: str) -> str:
    """How the table is sorted. Test is no order: who is first on it by chance would be believed."""
    return asked if asked in SORTS else SORTS[0]


@dataclass(frozen=True)
class TableRow:
    """An arm in the table, with the line that stands for it."""

    line: ArmLine
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class AddedRow:
    """What the first arm adds to another one, with its interval as a drawing."""

    subject: Arm
    line: ArmLine
    difference: Mapping[str, Any] | None
    sentence: Mapping[str, Any]
    whisker: Whisker | None

    @property
    def parts(self) -> list[dict[str, Any]]:
        """As the filter `said` takes it, the names of the arms in the language of the page."""
        named = {"a": capfirst(_(self.subject.title)), "b": _(self.line.arm.title)}
        return [{"text": self.sentence["text"], "values": {**self.sentence["values"], **named}}]

    @property
    def is_found(self) -> bool:
        found = self.difference
        return bool(found and found["seeds"] > 1 and not found["low"] <= 0 <= found["high"])


def study_page(study: Study, *, sort: str = SORTS[0]) -> dict[str, Any]:
    """The context of the page and of the report."""
    try:
        arms = study_arms(study)
    except RunRefused as error:
        return gone(study, error)
    cells = cells_of(study)
    results = study_results(study, cells)
    items = arm_lines(study, arms, cells, results)
    lines = drawn(items)
    by_name = {one.arm.name: one for one in items}
    table = study_table(study, arms, cells, results)
    scores = list(study.scores.all())
    states = [score.state for score in scores]
    failed = [score.kind for score in scores if score.state == StudyScore.State.FAILED]
    added = added_rows(table["added"], arms[0], by_name)
    return {
        "study": study,
        "settings": study.settings,
        "shared_settings": [(key, shown(value)) for key, value in study.settings.settings.items()],
        "data": data_of(study),
        "sort": sort,
        "items": items,
        "lines": lines,
        "values": losses_by_step(lines),
        "table": table,
        "rows": table_rows(table["rows"], by_name, sort),
        "columns": columns_of(table["rows"]),
        "added": added,
        "first": added[0] if added else None,
        "headline": headline_of(added),
        "grid": grid_rows(study.settings, arms, cells, results, points_now(study, arms, results)),
        "cells": cells,
        "left": study_left(study, arms, cells),
        "troubled": [cell.run for cell in cells if is_troubled(cell.run)],
        "scoring_stopped": study.state == Study.State.STOPPED and study.chosen_at is not None,
        "at_work": [cell.run for cell in cells if cell.run.state in Run.HELD],
        "place": next_place(cells),
        "scored": states.count(StudyScore.State.DONE),
        "to_score": len(scores),
        "unscored": failed.count(StudyScore.Kind.TEST),
        "task": TASKS.get(study.settings.task),
        "task_words": task_words(study),
        "task_unscored": failed.count(StudyScore.Kind.TASK),
        "tested": test_dialogues(study, cells),
    }


def task_words(study: Study) -> str:
    """What the study's task score is; empty without a task."""
    task = TASKS.get(study.settings.task)
    return _(task.measured) % {"most": f"{study.settings.task_most:,}"} if task else ""


def is_troubled(run: Run) -> bool:
    """Whether something is to be told of it: no alert is sent for a run of a study."""
    silent = run.state in Run.HELD and run.latest.get(SILENT)
    return bool(run.latest.get("troubles") or run.state == Run.State.FAILED or silent)


def next_place(cells: Sequence[StudyRun]) -> Place | None:
    """Where the first of its runs stands in the queue, while none is at work."""
    waiting = [cell.run for cell in cells if cell.run.state == Run.State.QUEUED]
    if not waiting or any(cell.run.state in Run.HELD for cell in cells):
        return None
    known = places()
    found = [known[run.pk] for run in waiting if run.pk in known]
    return min(found, key=lambda place: place.number, default=None)


def gone(study: Study, error: RunRefused) -> dict[str, Any]:
    """What can be shown of a study whose arms this version does not know."""
    return {
        "study": study, "settings": study.settings, "gone": error.message, "lines": [],
        "left": Left(0, 0, 0, 0, None), "sort": SORTS[0],
    }  # fmt: skip


def data_of(study: Study) -> list[tuple[str, Dataset]]:
    named = (
        (_("Data"), study.dataset),
        (_("Held-out data"), study.validation_dataset),
        (_("Test data"), study.test_dataset),
        (_("Arithmetic problems"), study.task_dataset),
    )
    return [(words, dataset) for words, dataset in named if dataset is not None]


def table_rows(
    rows: Sequence[Mapping[str, Any]], lines: Mapping[str, ArmLine], sort: str
) -> list[TableRow]:
    """The arms, best by validation first as the core has them, or in the study's order."""
    found = [TableRow(lines[row["arm"]], row) for row in rows if row["arm"] in lines]
    if sort == "arms":
        order = list(lines)
        found.sort(key=lambda row: order.index(row.line.arm.name))
    return found


def columns_of(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The facts that at least one arm has."""
    return {name for row in rows for name, value in row.items() if value not in (None, {}, [])}


def added_rows(
    added: Sequence[Mapping[str, Any]], subject: Arm, lines: Mapping[str, ArmLine]
) -> list[AddedRow]:
    known = [one for one in added if one["arm"] in lines]
    measured = [one["difference"] for one in known if one["difference"]]
    drawn_of = iter(whiskers([(d["low"], d["estimate"], d["high"]) for d in measured]))
    return [
        AddedRow(
            subject,
            lines[one["arm"]],
            one["difference"],
            one["sentence"],
            next(drawn_of) if one["difference"] else None,
        )
        for one in known
    ]


def headline_of(added: Sequence[AddedRow]) -> AddedRow | None:
    """What stands on top: the circuit against its classical twin, else against the next arm."""
    at = headline_at([one.line.arm.name for one in added])
    return None if at is None else added[at]


def points_now(study: Study, arms: Sequence[Arm], results: Results) -> dict[str, Point]:
    """By arm the point that is chosen, or the best one of a whole grid so far."""
    if study.chosen_at is None:
        return chosen(study.settings, arms, results)
    return {
        arm: Point(point["rate"], tuple(sorted(point["swept"].items())))
        for arm, point in study.chosen.items()
    }
