"""Scoring the test set, then the study's task, once for each chosen run, by a process of its own.

`python -m finetune.evaluation score` loads the best checkpoint of a run and writes losses by
dialogue; those of `design.tasks` write what replies are worth. A score that was written is never
computed again; of one whose worker was killed nobody saw anything.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from finetune.evaluation.arithmetic.answers import answer_of
from finetune.exceptions import StudioError, without_paths
from finetune.exports.execution import memory_check
from finetune.faults import words_of
from finetune.files import alone, write_whole
from finetune.outside.child_processes import end, start
from finetune.queue import enqueue
from finetune.runs.models import Run
from finetune.runs.worker.folders import copy_data
from finetune.runs.worker.trainer_process import last_lines

from .design.tasks import TASKS, Task, task_arguments
from .models import Study, StudyRun, StudyScore

State = StudyScore.State
CLAIM_LASTS = timedelta(seconds=5)  # from taking a score to holding its lock
MOST_STARTS = 5
KILLED, STOPPED = "killed", "stopped"
LOOK_SECONDS = 1.0
MOST_LOOKED_AT = 200  # dialogues of a set in which a problem is looked for


def study_score(score_id: int) -> None:
    """Carry one score out, unless another is being made here: its end rings for the next."""
    with alone(Path(settings.DATA_DIR) / "scores.lock") as nobody_scores:
        if not nobody_scores:
            return
        waiting = StudyScore.objects.filter(pk=score_id, state=State.WAITING)
        waiting = waiting.filter(study__state=Study.State.SCORING)  # a message outlives a stop
        if not waiting.update(state=State.WORKING, started_at=timezone.now()):
            return
        rows = StudyScore.objects.select_related(
            "study__base", "study__test_dataset", "study__task_dataset", "cell__run"
        )
        score = rows.get(pk=score_id)
        StudyScore.objects.filter(pk=score_id).update(starts=score.starts + 1)
        with alone(lock_of(score)):
            carried_out(score)
        lock_of(score).unlink(missing_ok=True)
    enqueue("study_advance", score.study_id)


def carried_out(score: StudyScore) -> None:
    """Score and write down what came of it."""
    try:
        result = scored(score)
    except StudioError as error:
        mine = StudyScore.objects.filter(pk=score.pk)
        if error.code == STOPPED:  # no fault of its own: it counts as no start
            mine.update(state=State.WAITING, starts=score.starts)
        elif error.code == KILLED and score.starts + 1 < MOST_STARTS:
            mine.update(state=State.WAITING)
        else:
            finish(score, State.FAILED, message=error.message)
    except OSError as error:
        finish(score, State.FAILED, message=words_of(error))
    else:
        finish(score, State.DONE, result=result)


def lock_of(score: StudyScore) -> Path:
    """Held while it is made."""
    return score.study.folder / f".score-{score.pk}.lock"


def finish(score: StudyScore, state: str, **changes: Any) -> None:
    """Write how it ended, where nobody had done that before."""
    working = StudyScore.objects.filter(pk=score.pk, state=State.WORKING)
    working.update(state=state, finished_at=timezone.now(), **changes)


def scored(score: StudyScore) -> dict[str, Any]:
    """What the process wrote.

    Raises:
        StudioError: there is no room in memory, its data is gone, or it ended without a result.
        OSError: the study's folder cannot be written.
    """
    study, folder = score.study, score.study.folder
    memory_check(study.base.parameters or 0)
    run = score.cell.run if score.cell else first_scored(study)
    of_base = [] if score.cell else ["--checkpoint", "base"]
    task = task_of(score)
    what = task_arguments(task, study.settings.task_most) if task else ["score"]
    data = problems_of(study) if task and task.own_data else data_of(study)
    folder.mkdir(parents=True, exist_ok=True)
    target, log = folder / f"score-{score.pk}.json", folder / f"score-{score.pk}.txt"
    target.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = start(
            "finetune.evaluation", *what, str(run.folder),
            *("--data", str(data), "--out", str(target), *of_base),
            log=output,
        )  # fmt: skip
    try:
        watch(score, process)
    finally:
        if process.poll() is None:
            end(process)
    try:
        found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        if process.returncode < 0:
            words = f"Its process was ended by signal {-process.returncode}."
            raise StudioError(words, code=KILLED) from None
        lines = last_lines(log, 1)
        raise StudioError(
            f"The score ended without a result: {without_paths(lines)[:300] or process.returncode}",
            code="lost",
        ) from None
    if task is None:
        return kept(found)
    target.unlink()  # replies are nobody's to read: their numbers are kept
    return task.kept(found)


def task_of(score: StudyScore) -> Task | None:
    """The study's task where this is a score of it; None for one of the test set."""
    return TASKS[score.study.settings.task] if score.kind == StudyScore.Kind.TASK else None


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """What a study keeps of a file of scores: numbers, no path and no machine."""
    names = ("loss", "perplexity", "accuracy", "tokens", "dialogues")
    return {"step": found["model"]["step"]} | {name: found[name] for name in names}


def watch(score: StudyScore, process: subprocess.Popen[bytes]) -> None:
    """Wait for its end; leave where the study is stopped or gone. Raises StudioError then."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=LOOK_SECONDS)
            return
        state = Study.objects.filter(scores=score.pk).values_list("state", flat=True).first()
        if state is None:
            raise StudioError("The study was deleted while it was scored.", code="gone")
        if state != Study.State.SCORING:
            raise StudioError("The study was stopped while it was scored.", code=STOPPED)


def first_scored(study: Study) -> Run:
    """A run by whose settings the base itself is scored; data and base are the same in all."""
    scores = study.scores.exclude(cell=None).select_related("cell__run").order_by("pk")
    score = scores.first()
    if score is None or score.cell is None:
        raise StudioError("No run of this study can be scored.", code="gone")
    return score.cell.run


def test_dialogues(study: Study, cells: Iterable[StudyRun]) -> int:
    """How many dialogues the test set has: a data set of its own, else the held-out dialogues that
    no evaluation of any run has looked at."""
    if study.test_dataset is not None:
        return int(study.test_dataset.report.get("dialogues") or 0)
    counts = [
        (cell.run.latest.get("data") or {}).get("validation") or {}
        for cell in cells
        if cell.run.state == Run.State.SUCCEEDED
    ]
    return min((int(one.get("not_needed") or 0) for one in counts), default=0)


def data_of(study: Study) -> Path:
    """The dialogues that are scored, as one file; it is written once."""
    target, test = study.folder / "test.jsonl", study.test_dataset
    if target.is_file():
        return target
    if test is not None:
        copy_data([(test, test.train_file), (test, test.validation_file)], target)
        return target
    count = test_dialogues(study, study.cells.select_related("run"))
    held_out = first_scored(study).folder / "validation.jsonl"
    lines = held_out.read_text(encoding="utf-8").splitlines(keepends=True)
    # An evaluation takes the first dialogues of the file, so the last ones are those not seen.
    write_whole(target, "".join(lines[len(lines) - count :]))
    return target


def problems_of(study: Study) -> Path:
    """The problems of the study's task, as one file; it is written once.

    Raises:
        StudioError: they are gone.
    """
    target, problems = study.folder / "problems.jsonl", study.task_dataset
    if target.is_file():
        return target
    if problems is None:
        raise StudioError("The study has no problems.", code="gone")
    copy_data([(problems, problems.train_file), (problems, problems.validation_file)], target)
    return target


def any_problem(paths: Sequence[Path]) -> bool:
    """Whether a reply among the first dialogues of these files ends with a number."""
    for path in paths:
        if not path.is_file():
            continue
        with path.open(encoding="utf-8") as lines:
            for line in islice(lines, MOST_LOOKED_AT):
                turns = json.loads(line)["messages"]
                replies = (one["content"] for one in turns if one["role"] == "assistant")
                if answer_of(next(replies, "")) is not None:
                    return True
    return False


def scores_reclaim(study: Study) -> None:
    """Queue scores again whose worker was lost; one that was lost too often has failed."""
    old = timezone.now() - CLAIM_LASTS
    for score in study.scores.filter(state=State.WORKING, started_at__lt=old):
        with alone(lock_of(score)) as nobody_works:
            if not nobody_works:
                continue
            mine = StudyScore.objects.filter(pk=score.pk, state=State.WORKING)
            if score.starts < MOST_STARTS:
                mine.update(state=State.WAITING)
            else:
                words = f"Its worker was lost {score.starts} times."
                mine.update(state=State.FAILED, message=words, finished_at=timezone.now())
