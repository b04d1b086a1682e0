"""How a study goes on by itself: each run that ends rings, and the next ones are made.

Every step is a transaction that looks at the rows again under the lock of the study and makes one
run, so whoever calls it, how often, and where a worker is killed does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from finetune.datasets.findings.services import measured_with
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_deleting
from finetune.exceptions import RunRefused, StudioError
from finetune.queue import enqueue
from finetune.runs.events import run_logged
from finetune.runs.models import Run, RunEvent
from finetune.runs.services import run_create, run_requeue
from finetune.teams.models import Team

from .design.arms import Arm
from .design.cells import Cell, Point, Result, cells_left, chosen, next_cells
from .design.tasks import TASKS
from .models import Study, StudyRun, StudyScore, study_tell
from .orders import run_order, study_arms
from .results import cells_of, results_now, results_to_keep
from .scoring import scores_reclaim, test_dialogues
from .statistics.scores import FEWEST_DIALOGUES
from .tables import table_made

State, Kind = Study.State, StudyScore.Kind
LIVE_MOST = 16  # runs of a study that wait or work at once
ALL_FAILED = 4  # as many first runs that all failed end a study
AGAIN = timedelta(seconds=60)  # after a refusal
STOPPING = "stopping"
LOOK = timedelta(seconds=20)  # without a look, the schedule rings


@receiver(run_logged)
def run_rings(run: Run, events: Sequence[RunEvent], **_: Any) -> None:
    """A run has ended: its study goes on. Most lines are none of that."""
    if not run.is_finished or not any(event.type == "state" for event in events):
        return
    cell = StudyRun.objects.filter(run=run, study__state=State.RUNNING).first()
    if cell is not None:
        enqueue("study_advance", cell.study_id)


@receiver(measured_with)
def tested_on(team: Team, **_: Any) -> list[int]:
    """Ids of the data sets on which studies of a team report their results."""
    studies = Study.objects.filter(team=team, test_dataset__isnull=False)
    return [pk for pk in studies.values_list("test_dataset", flat=True) if pk is not None]


@receiver(dataset_deleting)
def dataset_needed(dataset: Dataset, **_: Any) -> None:
    """Refuse to delete a data set.

    Raises:
        StudioError: a study that goes on uses it.
    """
    names = ("dataset", "validation_dataset", "test_dataset", "task_dataset")
    uses = Q(*((name, dataset) for name in names), _connector=Q.OR)
    if first := Study.objects.live().filter(uses).first():
        raise StudioError(
            f"The study “{first.name}” still uses this data set. Stop it or wait for its end.",
            code="dataset_in_use",
        )


def study_advance(study_id: int) -> None:
    """Go on as far as it goes now."""
    while study_step(study_id):
        pass
    study_finish(study_id)


def study_finish(study_id: int) -> None:
    """Put the table together once everything is scored. It takes a while, so under no lock: whoever
    comes second writes the same."""
    study = Study.objects.filter(pk=study_id, state=State.SCORING).first()
    if study is None or study.scores.filter(state__in=StudyScore.LIVE).exists():
        return
    done: dict[str, Any] = {"state": State.DONE, "table": table_made(study)}
    with transaction.atomic():
        mine = Study.objects.filter(pk=study_id, state=State.SCORING)
        if mine.update(**done, finished_at=timezone.now()):
            study_tell(study, "finished")


@transaction.atomic
def study_step(study_id: int) -> bool:
    """One step under the study's lock; tell whether there may be another one now."""
    study = Study.objects.select_for_update().filter(pk=study_id).first()
    if study is None:
        return False
    now = timezone.now()
    Study.objects.filter(pk=study.pk).update(looked_at=now)
    if study.state == State.RUNNING:
        return runs_step(study, now)
    if study.state == State.SCORING:
        return scores_step(study)
    return False


def runs_step(study: Study, now: datetime) -> bool:
    """Make one run, or choose when every run has ended."""
    if study.problem.get("at", 0) > (now - AGAIN).timestamp():
        return False
    cells = cells_of(study)
    back = next((cell for cell in cells if cell.stopped), None)
    if back is not None:
        return cell_resume(study, back, now)
    results = results_now(cells)
    try:
        arms = study_arms(study)
    except RunRefused as error:
        return problem_keep(study, error, now)
    if len(results) >= ALL_FAILED and all(one.failed for one in results.values()):
        return study_give_up(study, len(results), now)
    count = len(results) + cells_left(study.settings, arms, results)
    if count != study.run_count:  # a grid was made longer
        Study.objects.filter(pk=study.pk).update(run_count=count)
    known = {cell.key for cell in cells}
    wanted = next_cells(study.settings, arms, results)
    missing = [cell for cell in wanted if cell.key not in known]
    if missing:
        live = sum(not cell.run.is_finished for cell in cells)
        return live < LIVE_MOST and cell_start(study, arms, missing[0], now)
    if wanted:
        return False  # they are at work
    return study_choose(study, arms, cells, results, now)


def cell_start(study: Study, arms: Sequence[Arm], cell: Cell, now: datetime) -> bool:
    """Make the run of a cell; a refusal is kept and tried again later."""
    arm = next(one for one in arms if one.name == cell.arm)
    try:
        with transaction.atomic():
            run = run_create(run_order(study, arm, cell))
            StudyRun.objects.create(
                study=study,
                run=run,
                key=cell.key,
                arm=cell.arm,
                rate=cell.point.rate,
                swept=dict(cell.point.swept),
                seed=cell.seed,
            )
    except StudioError as error:
        return problem_keep(study, error, now)
    return problem_forget(study)


def cell_resume(study: Study, cell: StudyRun, now: datetime) -> bool:
    """Queue a run again that a stop had cancelled."""
    try:
        with transaction.atomic():
            if not cell.run.is_finished:
                raise RunRefused(
                    f"“{cell.run.name}” has not stopped yet; the study goes on when it has.",
                    code=STOPPING,
                )
            if cell.run.state == Run.State.CANCELLED:
                run_requeue(run=cell.run, by=study.created_by)
            StudyRun.objects.filter(pk=cell.pk).update(stopped=False)
    except StudioError as error:
        return problem_keep(study, error, now)
    return problem_forget(study)


def problem_keep(study: Study, error: StudioError, now: datetime) -> bool:
    at = 0.0 if error.code == STOPPING else now.timestamp()  # its end rings
    problem = {"code": error.code, "message": error.message, "at": at}
    Study.objects.filter(pk=study.pk).update(problem=problem)
    return False


def problem_forget(study: Study) -> bool:
    if study.problem:
        Study.objects.filter(pk=study.pk).update(problem={})
    return True


def study_give_up(study: Study, count: int, now: datetime) -> bool:
    """Nothing has succeeded: more of the same would only take time."""
    message = (
        f"The first {count} runs have all failed, so no more are made. See why on a run's page, "
        "queue it again there, then resume."
    )
    Study.objects.filter(pk=study.pk).update(
        state=State.STOPPED, problem={"code": "all_failed", "message": message}, finished_at=now
    )
    study_tell(study, "failed")
    return False


def study_choose(
    study: Study,
    arms: Sequence[Arm],
    cells: Sequence[StudyRun],
    results: dict[str, Result],
    now: datetime,
) -> bool:
    """Keep what held-out loss chose and what it was chosen from; then the test set may be seen."""
    settings = study.settings
    points = chosen(settings, arms, results)
    Study.objects.filter(pk=study.pk).update(
        state=State.SCORING,
        chosen={arm: point_kept(point) for arm, point in points.items()},
        results=results_to_keep(results),
        chosen_at=now,
        problem={},
    )
    tested, task = test_dialogues(study, cells) >= FEWEST_DIALOGUES, TASKS.get(settings.task)
    kinds = [Kind.TEST] if tested else []
    if task is not None and (tested or task.own_data):
        kinds.append(Kind.TASK)
    by_key = {cell.key: cell for cell in cells}
    keys = [Cell(arm, point, seed).key for arm, point in points.items() for seed in settings.seeds]
    good = [key for key in keys if key in results and not results[key].failed]
    for kind in kinds if good else ():  # the test set first: scores are made in this order
        for key in (StudyScore.BASE, *good):
            StudyScore.objects.get_or_create(study=study, kind=kind, key=key, cell=by_key.get(key))
    return True


def point_kept(point: Point) -> dict[str, Any]:
    return {"rate": point.rate, "swept": dict(point.swept)}


def scores_step(study: Study) -> bool:
    """Send for a score that waits, also for one whose worker was lost."""
    scores_reclaim(study)
    waiting = study.scores.filter(state=StudyScore.State.WAITING).first()
    if waiting is not None:
        enqueue("study_score", waiting.pk)
    return False


def studies_recheck() -> None:
    """Ring for studies whose signal was lost, or that a refusal holds up."""
    before = timezone.now() - LOOK
    late = Study.objects.live().filter(Q(looked_at=None) | Q(looked_at__lt=before))
    for pk in late.values_list("pk", flat=True):
        enqueue("study_advance", pk, expires=10)
