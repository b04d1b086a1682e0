"""A study in a folder, without the site: its file, its runs one after the other, their results.

    STUDY/study.json              settings and files
    STUDY/runs/CELL/              a trainer's folder for each cell
    STUDY/results.json            what each run came to, written anew after each
    STUDY/scores/CELL.json        each dialogue of the test file, scored once
    STUDY/tasks/CELL.json         each reply of the study's task, if it has one, scored once

Whatever is killed goes on where it was: a run resumes from its checkpoint, and what has ended is
not done again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from finetune.bases.files.inspect import inspect
from finetune.files import alone, write_whole
from finetune.training.config import RunConfig
from finetune.training.exceptions import AlreadyRunning, BadConfig
from finetune.training.problems import Problem

from .arms import Arm
from .cells import Cell, Result, cells_left, chosen, next_cells
from .reading import result_of
from .settings import StudySettings
from .table import BASE, StudyTable, table_of
from .tasks import TASKS, Task, task_arguments

FILE, RESULTS = "study.json", "results.json"
PATHS = ("base_model", "train_file", "validation_file", "test_file")
PROBLEMS = "problems_file"  # of the task “arithmetic”
ENDED = (0, 1, 2)  # of the trainer: succeeded, failed, settings cannot be used


class StudyFolder:
    """One study on the disk.

    Args:
        folder: where it is.

    Raises:
        BadConfig: its file is missing or cannot be used.
        BaseModelError: the base model cannot be read.
        OptionError: the adapter's options cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        values = _read_object(self.folder / FILE)
        self.paths = {name: str(values.pop(name, "")) for name in (*PATHS, PROBLEMS)}
        self.study = StudySettings.from_dict(values)
        self.task = TASKS.get(self.study.task)
        own = self.task is not None and self.task.own_data
        if self.paths[PROBLEMS] and not own:
            raise BadConfig(Problem(PROBLEMS, "only the task arithmetic takes problems"))
        for name in (*PATHS, PROBLEMS) if own else PATHS:
            if not self.paths[name]:
                raise BadConfig(Problem(name, "is required"))
            if not Path(self.paths[name]).exists():
                raise BadConfig(Problem(name, f"there is no {self.paths[name]}"))
        self.arms: tuple[Arm, ...] = self.study.arms_on(
            inspect(self.paths["base_model"]).linear_shapes
        )

    @classmethod
    def make(cls, folder: Path, values: Mapping[str, Any]) -> StudyFolder:
        """Write a new study's file.

        Raises:
            BadConfig: there is a study already, or it cannot be used; nothing is left then.
        """
        path = folder / FILE
        if path.exists():
            raise BadConfig(Problem(str(folder), "holds a study already"))
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(values), indent=2, ensure_ascii=False) + "\n")
        try:
            study = cls(folder)
            for cell in next_cells(study.study, study.arms, {}):
                study.config(cell)
        except Exception:
            path.unlink()
            raise
        return study

    # -- what there is ----------------------------------------------------------------------------

    def results(self) -> dict[str, Result]:
        """Results by cell, of runs that have ended; those of runs removed since are kept."""
        known = {
            key: Result(
                **{one.name: value[one.name] for one in fields(Result) if one.name in value}
            )
            for key, value in self._kept().items()
        }
        runs = self.folder / "runs"
        for path in sorted(runs.iterdir()) if runs.exists() else []:
            if path.name not in known and (result := result_of(path)) is not None:
                known[path.name] = result
        return known

    def run_folder(self, cell: Cell) -> Path:
        """Where a cell's run is."""
        return self.folder / "runs" / cell.key

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)

    def final_cells(self) -> list[Cell]:
        """The cells at each arm's best point, which are scored on the test file."""
        points = chosen(self.study, self.arms, self.results())
        return [
            Cell(arm.name, points[arm.name], seed)
            for arm in self.arms
            if arm.name in points
            for seed in self.study.seeds
        ]

    def config(self, cell: Cell) -> RunConfig:
        """The trainer's settings of a cell.

        Raises:
            BadConfig: they cannot be used.
        """
        settings = cell.settings(self.study, self.arm(cell.arm))
        paths = {name: self.paths[name] for name in PATHS if name != "test_file"}
        return RunConfig.from_dict({**settings.to_dict(), **paths})

    # -- what it does -----------------------------------------------------------------------------

    def run(self, told: Callable[[str], None] = print, *, most: int | None = None) -> bool:
        """Make the runs that are missing, one after the other.

        Args:
            told: is given a line about each.
            most: how many runs at most; None for no limit.

        Returns:
            Whether the study is complete.

        Raises:
            AlreadyRunning: another process works on this study.
            RunLeft: a trainer was told to leave, by a signal say; it resumes the next time.
        """
        with self._alone():
            made = 0
            while todo := next_cells(self.study, self.arms, self.results()):
                if most is not None and made >= most:
                    return False
                cell = todo[0]
                told(f"{cell.key} ({len(todo)} can run now)")
                self._train(cell)
                self.write_results()
                result = self.results().get(cell.key)
                told(_words(result))
                made += 1
            return True

    def score(self, told: Callable[[str], None] = print) -> bool:
        """Score the base and those of the chosen runs that have ended, each once: on the test file,
        then on the study's task.

        A chosen run whose weights are gone (its result was kept, its folder was not) is made again.

        Returns:
            Whether all of them are scored.

        Raises:
            AlreadyRunning: another process works on this study.
            RunLeft: a trainer or a score ended before it was finished.
        """
        results = self.results()
        ended = {key for key, one in results.items() if not one.failed}
        cells = [cell for cell in self.final_cells() if cell.key in ended]
        with self._alone():
            for task in (None, self.task) if self.task else (None,):
                self._score_all(cells, task, told)
        return bool(cells) and not self.left

    def _score_all(
        self, cells: Sequence[Cell], task: Task | None, told: Callable[[str], None]
    ) -> None:
        words = f" ({task.title})" if task else ""
        for cell in cells:
            if not self._score_file(cell.key, task).exists():
                if not (self.run_folder(cell) / "adapter").exists():
                    told(f"{cell.key} is made again")
                    self._train(cell)
                told(f"{cell.key} is scored{words}")
                self._scored(cell.key, [str(self.run_folder(cell))], task)
        if cells and not self._score_file(BASE, task).exists():
            config = self.run_folder(cells[0]) / "config.json"
            told(f"the base is scored{words}")
            base = ["--base", self.paths["base_model"], "--config", str(config)]
            self._scored(BASE, base, task)

    @property
    def left(self) -> int:
        """Runs that are still needed, if no grid is made longer."""
        return cells_left(self.study, self.arms, self.results())

    def scores(self, folder: str = "scores") -> dict[str, dict[str, Any]]:
        """Files of scores by cell; of the task in `tasks`."""
        found = (self.folder / folder).glob("*.json")
        return {path.stem: _read_object(path) for path in sorted(found)}

    def table(self) -> StudyTable:
        """What the study has come to."""
        tasks = self.scores("tasks")
        return table_of(self.study, self.arms, self.results(), self.scores(), tasks)

    def _score_file(self, key: str, task: Task | None = None) -> Path:
        return self.folder / ("tasks" if task else "scores") / f"{key}.json"

    def _scored(self, key: str, subject: list[str], task: Task | None = None) -> None:
        target = self._score_file(key, task)
        what = task_arguments(task, self.study.task_most) if task else ["score"]
        data = self.paths[PROBLEMS if task and task.own_data else "test_file"]
        given = ["--data", data, "--out", str(target)]
        command = [sys.executable, "-m", "finetune.evaluation", *what, *subject, *given]
        self._carried_out(key, command, self.folder / "scores.txt")
        if not target.exists():
            raise RunLeft(key, 0, "no score was written.")

    def write_results(self) -> None:
        """Keep all results in one file."""
        values = {key: asdict(result) for key, result in sorted(self.results().items())}
        write_whole(self.folder / RESULTS, json.dumps(values, indent=1) + "\n")

    def _train(self, cell: Cell) -> None:
        folder = self.run_folder(cell)
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "config.json"
        if not config.exists():
            write_whole(config, self.config(cell).to_json())
        command = [sys.executable, "-m", "finetune.training", str(folder)]
        self._carried_out(cell.key, command, folder / "output.txt", ENDED)
        if result_of(folder) is None:
            raise RunLeft(cell.key, 0, "its log has no end.")

    def _carried_out(
        self, key: str, command: list[str], told: Path, ends: tuple[int, ...] = (0,)
    ) -> None:
        environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
        told.parent.mkdir(parents=True, exist_ok=True)
        with told.open("ab") as output:
            ended = subprocess.run(
                command, stdout=output, stderr=output, env=environment, check=False
            )
        if ended.returncode not in ends:
            last = told.read_text(errors="replace").strip().splitlines()[-3:]
            raise RunLeft(key, ended.returncode, " ".join(last))

    def _kept(self) -> dict[str, dict[str, Any]]:
        path = self.folder / RESULTS
        return _read_object(path) if path.exists() else {}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with alone(self.folder / "lock") as nobody_works:
            if not nobody_works:
                raise AlreadyRunning(f"Another process works on {self.folder}.")
            yield


class RunLeft(Exception):
    """A trainer ended without a result."""

    def __init__(self, key: str, code: int, words: str) -> None:
        super().__init__(
            f"The run {key} ended with code {code} before it was finished: {words} "
            "Start the study again to go on."
        )


def _words(result: Result | None) -> str:
    if result is None or result.failed:
        return f"  failed: {result.failed if result else 'no result'}"
    return f"  held-out loss {result.best_loss:.4f} after step {result.best_step}"


def _read_object(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(Problem(path.name, f"cannot be read: {error}")) from error
    if not isinstance(values, dict):
        raise BadConfig(Problem(path.name, "must be one JSON object"))
    return values
