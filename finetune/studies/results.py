"""What the runs of a study have come to, as the core takes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from finetune.runs.models import Run
from finetune.training.exceptions import DamagedLog

from .design.cells import Result
from .design.reading import result_of
from .models import Study, StudyRun

NAMES = frozenset(field.name for field in fields(Result))


def cells_of(study: Study) -> list[StudyRun]:
    """The study's cells with their runs."""
    return list(study.cells.select_related("run").order_by("pk"))


def results_now(cells: Iterable[StudyRun]) -> dict[str, Result]:
    """Of every cell whose run has ended and is not to be resumed, what it came to."""
    return {
        cell.key: cell_result(cell) for cell in cells if cell.run.is_finished and not cell.stopped
    }


def cell_result(cell: StudyRun) -> Result:
    """What an ended run came to; its log is read once for each of its ends."""
    ended = cell.run.finished_at.isoformat() if cell.run.finished_at else ""
    if cell.result.get("ended") == ended:
        return result_kept(cell.result)
    result = run_result(cell.run)
    cell.result = {"ended": ended, **asdict(result)}
    StudyRun.objects.filter(pk=cell.pk).update(result=cell.result)
    return result


def run_result(run: Run) -> Result:
    """Read a run's log; one that did not succeed has failed, for the reason that the run tells."""
    if run.state == Run.State.CANCELLED:
        return Result(failed="It was cancelled.")
    if run.state != Run.State.SUCCEEDED:
        return Result(failed=str(run.error.get("message") or "The run failed."))
    try:
        result = result_of(run.folder)
    except (DamagedLog, OSError) as error:
        return Result(failed=f"Its log cannot be read: {error}")
    return result or Result(failed="Its log has no end.")


def study_results(study: Study, cells: Iterable[StudyRun]) -> dict[str, Result]:
    """What counts: from the choice on what was known then, whatever becomes of the runs."""
    if study.chosen_at is not None:
        return {key: result_kept(values) for key, values in study.results.items()}
    return results_now(cells)


def result_kept(values: Mapping[str, Any]) -> Result:
    """A result as a row has it, also one of another version."""
    return Result(**{name: value for name, value in values.items() if name in NAMES})


def results_to_keep(results: Mapping[str, Result]) -> dict[str, dict[str, Any]]:
    return {key: asdict(result) for key, result in results.items()}
