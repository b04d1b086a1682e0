"""A study's table as text, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from .table import ArmRow, StudyTable

Column = tuple[str, Callable[[ArmRow], Any], Callable[[Any], str]]


def _loss(value: float) -> str:
    return f"{value:.4f}"


COLUMNS: Sequence[Column] = (
    ("arm", lambda row: row.arm, str),
    ("parameters", lambda row: row.parameters, "{:,}".format),
    ("rate", lambda row: row.point.rate if row.point else None, "{:g}".format),
    ("seeds", lambda row: len(row.seeds), str),
    ("train_loss", lambda row: row.train_loss, _loss),
    ("validation_loss", lambda row: row.validation_loss, _loss),
    ("test_loss", lambda row: row.test_loss, _loss),
    ("test_accuracy", lambda row: row.test_accuracy, "{:.4f}".format),
    ("task_score", lambda row: row.task_score, "{:.4f}".format),
    ("step_seconds", lambda row: row.step_seconds, "{:.2f}".format),
    ("peak_memory_mb", lambda row: row.peak_memory_mb, "{:,.0f}".format),
    ("joules", lambda row: row.joules, "{:,.0f}".format),
    ("circuits", lambda row: row.circuits, "{:,.0f}".format),
    ("shots", lambda row: row.shots, "{:,.0f}".format),
)


def as_csv(table: StudyTable) -> str:
    """One row for each arm, best by validation first, numbers as they are."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([name for name, _, _ in COLUMNS])
    for row in table.rows:
        values = (read(row) for _, read, _ in COLUMNS)
        writer.writerow(["" if value is None else value for value in values])
    return file.getvalue()


def as_markdown(table: StudyTable) -> str:
    """Table, sentences and warnings, for people and for documentation."""
    rows = [[_cell(row, column) for column in COLUMNS] for row in table.rows]
    names = [name.replace("_", " ") for name, _, _ in COLUMNS]
    used = [at for at in range(len(names)) if any(row[at] != "–" for row in rows)]
    lines = [_line([names[at] for at in used]), _line(["---"] * len(used))]
    lines += [_line([row[at] for at in used]) for row in rows]
    base = [
        f"{name} {_loss(value)}"
        for name, value in (
            ("validation", table.base_validation_loss),
            ("test", table.base_test_loss),
            ("task", table.base_task_score),
        )
        if value is not None
    ]
    parts = ["\n".join(lines), f"The untouched base: {', '.join(base)}." if base else ""]
    parts.append("\n".join(f"- {one.sentence.english}" for one in table.added))
    parts.append("\n".join(f"- Note: {one.english}" for one in table.warnings))
    if table.left:
        parts.append(f"Runs still to be made: {table.left}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _cell(row: ArmRow, column: Column) -> str:
    _, read, words = column
    value = read(row)
    return "–" if value is None else words(value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
