"""What a study came to: a row for each arm, and what the first arm adds to each other one.

Arms are put in order by validation, never by test: the test file says what a choice was worth, and
is no ground to choose by.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from finetune.studies.statistics.differences import Difference, compare
from finetune.studies.statistics.exceptions import StatisticsError
from finetune.studies.statistics.scores import Scores
from finetune.studies.statistics.sentence import Sentence, sentence_of

from .arms import TITLES, Arm
from .cells import Cell, Point, Results, at_edge, cells_left, chosen, grid_of
from .settings import StudySettings
from .tasks import NONE, TASKS
from .warnings import WARNINGS, Warned

BASE = "base"  # key of the untouched base's scores
ScoreFiles = Mapping[str, Mapping[str, Any]]  # by a cell's key, as `finetune.evaluation` writes


@dataclass(frozen=True)
class ArmRow:
    """One arm; losses are means over its seeds, in nats a token.

    Attributes:
        arm: its name.
        title: its words.
        parameters: trained numbers.
        point: what was chosen for it; None before its grid is complete.
        edge: whether its best learning rate is the lowest or highest that was tried.
        tried: how many points.
        seeds: those with a result at its point.
        train_loss: over the last tenth of the steps.
        validation_loss: lowest held-out loss, by which checkpoint and point were chosen.
        test_loss: of the scored seeds.
        test_losses: by seed.
        test_accuracy: share of labelled tokens that were guessed right.
        step_seconds: a step's wall time.
        peak_memory_mb: the most that a trainer held.
        joules: of one run.
        circuits: of one run, where they are counted.
        shots: of these.
        failed: why runs of it have no result.
        task_score: of the scored seeds, from 0 to 1; None without a task.
        task_scores: by seed.
    """

    arm: str
    title: str
    parameters: int
    point: Point | None
    edge: bool
    tried: int
    seeds: tuple[int, ...]
    train_loss: float | None
    validation_loss: float | None
    test_loss: float | None
    test_losses: Mapping[int, float]
    test_accuracy: float | None
    step_seconds: float | None
    peak_memory_mb: float | None
    joules: float | None
    circuits: float | None
    shots: float | None
    failed: tuple[str, ...]
    task_score: float | None = None
    task_scores: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Added:
    """What the first arm adds to another one on the test file."""

    arm: str
    difference: Difference | None
    sentence: Sentence


@dataclass(frozen=True)
class StudyTable:
    """The table.

    Attributes:
        rows: best arm by validation first; arms without a result last.
        base_validation_loss: of the untouched base.
        base_test_loss: of the same, where it was scored.
        added: the study's first arm against each other one, in the study's order.
        warnings: to be read with it.
        left: runs that are still needed, if no grid is made longer.
        test_dialogues: how many were scored.
        task: what the task scores are of: `none`, `replies` or `arithmetic`.
        base_task_score: of the untouched base.
        task_items: how many replies were scored, at most.
    """

    rows: tuple[ArmRow, ...]
    base_validation_loss: float | None
    base_test_loss: float | None
    added: tuple[Added, ...]
    warnings: tuple[Warned, ...]
    left: int
    test_dialogues: int
    task: str = NONE
    base_task_score: float | None = None
    task_items: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As plain data for a file."""
        values = asdict(self)
        for plain, one in zip(values["added"], self.added, strict=True):
            plain["sentence"] = one.sentence.english
        values["warnings"] = [one.english for one in self.warnings]
        return values


def table_of(
    study: StudySettings,
    arms: Sequence[Arm],
    results: Results,
    scores: ScoreFiles,
    tasks: ScoreFiles | None = None,
) -> StudyTable:
    """Put together what there is; what is missing is None.

    Args:
        study: its settings.
        arms: its arms on its base, the one in question first.
        results: of the runs that have ended.
        scores: of the chosen runs on the test file, and of the base under `BASE`.
        tasks: of the same on the study's task; None or empty without one.
    """
    points = chosen(study, arms, results)
    done = _task_scores(study, tasks or {})
    known = {arm.name: _scores(study, arm, points.get(arm.name), scores) for arm in arms}
    rows = [
        _row(study, arm, points.get(arm.name), results, scores, known[arm.name], done)
        for arm in arms
    ]
    rows.sort(key=lambda row: (row.validation_loss is None, row.validation_loss or 0.0))
    before = [one.base_loss for one in results.values() if one.base_loss is not None]
    base = scores.get(BASE)
    return StudyTable(
        rows=tuple(rows),
        base_validation_loss=before[0] if before else None,
        base_test_loss=base["loss"] if base else None,
        added=tuple(_added(study, arms, known)),
        warnings=tuple(_warnings(study, rows, results)),
        left=cells_left(study, arms, results),
        test_dialogues=max((len(one.tokens) for one in known.values() if one), default=0),
        task=study.task,
        base_task_score=done.get(BASE),
        task_items=max((len(file["dialogues"]) for file in (tasks or {}).values()), default=0),
    )


def _row(
    study: StudySettings,
    arm: Arm,
    point: Point | None,
    results: Results,
    files: ScoreFiles,
    scores: Scores | None,
    done: Mapping[str, float],
) -> ArmRow:
    cells = [Cell(arm.name, point, seed) for seed in study.seeds] if point else []
    ended = [(cell, results[cell.key]) for cell in cells if cell.key in results]
    good = [one for _, one in ended if not one.failed]
    failed = [
        one.failed for key, one in results.items() if key.startswith(f"{arm.name}~") and one.failed
    ]

    def mean(name: str) -> float | None:
        return _mean(getattr(one, name) for one in good)

    losses = dict(zip(scores.seeds, map(float, scores.losses), strict=True)) if scores else {}
    tasks = {cell.seed: done[cell.key] for cell in cells if cell.key in done}
    accuracy = _mean(files[cell.key].get("accuracy") for cell in cells if cell.key in files)
    return ArmRow(
        arm=arm.name,
        title=arm.title,
        parameters=arm.parameters,
        point=point,
        edge=point is not None and at_edge(study, arm, point, results),
        tried=len(grid_of(study, arm, results)),
        seeds=tuple(cell.seed for cell, one in ended if not one.failed),
        train_loss=mean("train_loss"),
        validation_loss=mean("best_loss"),
        test_loss=scores.loss if scores else None,
        test_losses=losses,
        test_accuracy=accuracy,
        step_seconds=mean("step_seconds"),
        peak_memory_mb=max(
            (one.peak_memory_mb for one in good if one.peak_memory_mb), default=None
        ),
        joules=mean("joules"),
        circuits=mean("circuits"),
        shots=mean("shots"),
        failed=tuple(failed),
        task_score=_mean(tasks.values()),
        task_scores=tasks,
    )


def _scores(
    study: StudySettings, arm: Arm, point: Point | None, files: ScoreFiles
) -> Scores | None:
    """The arm's scores at its point; None without any.

    Raises:
        ScoresError: a file's numbers cannot be.
    """
    if point is None:
        return None
    found = {
        seed: files[key]["dialogues"]
        for seed in study.seeds
        if (key := Cell(arm.name, point, seed).key) in files
    }
    if not found:
        return None
    tokens = [one["tokens"] for one in next(iter(found.values()))]
    return Scores([[one["nll"] for one in rows] for rows in found.values()], tokens, list(found))


def _task_scores(study: StudySettings, files: ScoreFiles) -> dict[str, float]:
    """The score of each file of the study's task, by its key."""
    task = TASKS.get(study.task)
    return {key: task.score(file) for key, file in files.items()} if task else {}


def _added(
    study: StudySettings, arms: Sequence[Arm], known: Mapping[str, Scores | None]
) -> Iterable[Added]:
    subject = arms[0]
    others = arms[1:]
    for arm in others:
        a, b = known[subject.name], known[arm.name]
        difference = None
        if a is not None and b is not None:
            try:
                difference = compare(a, b, comparisons=len(others))
            except StatisticsError:  # no common seed, too few dialogues
                difference = None
        title = TITLES[subject.name]
        what = title[:1].upper() + title[1:]
        yield Added(arm.name, difference, sentence_of(difference, what, arm.title, study.size))


def _warnings(study: StudySettings, rows: Sequence[ArmRow], results: Results) -> Iterable[Warned]:
    def warned(kind: str, **values: Any) -> Warned:
        return Warned(kind, WARNINGS[kind], values)

    if edges := [(row.title, f"{row.point.rate:g}") for row in rows if row.edge and row.point]:
        yield warned("edge", arms=edges)
    if alone := [(row.title, "") for row in rows if row.tried == 1]:
        yield warned("grid", arms=alone)
    for row in rows:
        if row.failed:
            yield warned("failed", arm=row.title, count=len(row.failed), why=row.failed[0])
    formats = sorted({one.precision for one in results.values() if one.precision})
    if len(formats) > 1:
        yield warned("precision", formats=", ".join(formats))
    if len(study.seeds) == 1:
        yield warned("one_seed")


def _mean(values: Iterable[Any]) -> float | None:
    known = [value for value in values if isinstance(value, int | float)]
    return statistics.fmean(known) if known else None
