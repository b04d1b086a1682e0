"""The problems of one examination: all counted and written, the first ones in the report."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import NamedTuple, Protocol, TextIO

from finetune.datasets.doctor.report import Problem, Report
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import member_of

Place = tuple[int, int]  # first byte of a record and its bytes
NOWHERE: Place = (-1, 0)


class Remark(NamedTuple):
    """What is wrong with a record, which is left out then, or worth a look."""

    line: int
    problem: RecordProblem
    is_error: bool
    place: Place


class Log(Protocol):
    """Whoever is told of remarks one by one."""

    def error(self, line: int, problem: RecordProblem, place: Place = NOWHERE) -> None:
        """A record is left out; it stands at this place."""

    def warning(self, line: int, problem: RecordProblem) -> None:
        """A record deserves a look."""


class ProblemLog:
    """Takes down what is wrong, or worth a look, line by line."""

    def __init__(self, file: TextIO, report: Report, limits: Limits) -> None:
        self._file = file
        self._report = report
        self._limits = limits
        self._written = 0
        self.counts: Counter[str] = Counter()

    def error(self, line: int, problem: RecordProblem, place: Place = NOWHERE) -> None:
        """A record is left out; it stands at this place."""
        self._report.errors += 1
        self._add(line, problem, "error", place)

    def warning(self, line: int, problem: RecordProblem) -> None:
        """A record deserves a look."""
        self._report.warnings += 1
        self._add(line, problem, "warning", NOWHERE)

    def take(self, remark: Remark) -> None:
        """Whichever of the two it is."""
        if remark.is_error:
            self.error(remark.line, remark.problem, remark.place)
        else:
            self.warning(remark.line, remark.problem)

    def _add(self, line: int, problem: RecordProblem, severity: str, place: Place) -> None:
        self.counts[problem.check] += 1
        reason, fix = printable(problem.reason), printable(problem.fix)
        member = member_of(line)
        entry = Problem(int(line), problem.check, severity, reason, fix, *place, member)
        if len(self._report.problems) < self._limits.reported_problems:
            self._report.problems.append(entry)
        if self._written < self._limits.max_problems:
            self._written += 1
            self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")


def printable(text: str) -> str:
    """Show halves of character pairs and control characters by their numbers."""
    return "".join(
        letter if letter.isprintable() or letter == " " else f"\\u{ord(letter):04x}"
        for letter in text
    )
