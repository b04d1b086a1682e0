"""What the chosen checkpoints may be scored by beside their test loss: replies, or arithmetic.

Nothing is chosen or put in order by it. Loads neither torch nor Django.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NONE = "none"
MOST = 100  # dialogues or problems, if nothing else is said


@dataclass(frozen=True)
class Task:
    """One kind of task score; `python -m finetune.evaluation NAME` computes it.

    Attributes:
        name: as the settings name it, and the command.
        title: of its column.
        measured: what its number is, with a gap for how many.
        field: under which a file of results has it, from 0 to 1, higher is better.
        row_field: under which each row of the file has its own.
        own_data: whether it takes problems of its own; else the test dialogues.
    """

    name: str
    title: str
    measured: str
    field: str
    row_field: str
    own_data: bool

    def score(self, file: Mapping[str, Any]) -> float:
        """The score that a file of results holds."""
        return float(file[self.field])

    def kept(self, file: Mapping[str, Any]) -> dict[str, Any]:
        """What a study keeps of a file of results: numbers, no reply and no path."""
        rows = file["dialogues"]
        return {
            "step": file["model"]["step"],
            self.field: file[self.field],
            "scored": len(rows),
            "ended": file["ended"],
            "dialogues": [
                {"line": row["line"], self.row_field: row[self.row_field]} for row in rows
            ],
        }


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            "replies",
            "ROUGE-L",
            "ROUGE-L of greedy replies to at most %(most)s test dialogues",
            "rouge_l",
            "rouge_l",
            own_data=False,
        ),
        Task(
            "arithmetic",
            "Arithmetic",
            "Strict accuracy on at most %(most)s arithmetic problems",
            "accuracy",
            "right",
            own_data=True,
        ),
    )
}


def task_arguments(task: Task, most: int) -> list[str]:
    """The arguments of `python -m finetune.evaluation` that stand before the subject and data."""
    return [task.name, "--limit", str(most)]
