"""What is to be evaluated, as the site writes it, and how far it has come, as the site reads it.

    FOLDER/order.json      in: an `Order`
    FOLDER/data.jsonl      in: dialogues or problems
    FOLDER/examples.jsonl  in: solved problems, with the few-shot prompt
    FOLDER/cases.*         in: with `imported`, the file that was handed in
    FOLDER/quantum/        with a ladder on a chip: circuits out, counts in
    FOLDER/progress.json   out: the share of the work that is done
    FOLDER/result.json     out: what a file of results says, or why there is none

Loads no torch.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from finetune.files import write_whole

Kind = Literal["scores", "replies", "arithmetic", "imported", "harness", "ladder"]
Circuit = Literal["trained", "random", "identity", "frozen", "no-entanglers"]
Prompt = Literal["run", "template", "direct", "few-shot"]
FEW_SHOT = "few-shot"
DATA = "data.jsonl"
EXAMPLES = "examples.jsonl"
CASES = "cases"
SUFFIXES = (".yaml", ".yml", ".json", ".jsonl")
RESULT = "result.json"


class Terms(BaseModel):
    """How an evaluation is computed; what is of no use for its kind is left aside.

    Raises:
        ValidationError: an unknown field, a wrong type, or a value out of its bounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(
        default=0, ge=0, le=100_000, description="Dialogues or problems that are enough. 0: all."
    )
    circuit: Circuit = Field(
        default="trained",
        description="With scores: what stands in the trained circuit's place.",
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="Of a random circuit's angles.")
    tokens: int = Field(
        default=128,
        ge=1,
        le=1024,
        description="With replies, arithmetic and imported: the longest reply.",
    )
    prompt: Prompt = Field(
        default="run",
        description="With arithmetic: how a problem is put to the model. few-shot takes solved "
        "problems from what the job was trained on, or from the training part of file.",
    )
    examples: int = Field(
        default=4,
        ge=1,
        le=32,
        description="With arithmetic and few-shot: solved problems before each one.",
    )
    run_prompt: bool = Field(
        default=False,
        description="With imported: the job's system prompt before cases that have none.",
    )
    task: str = Field(
        default="",
        max_length=80,
        description="With harness: the name of a task that this site offers.",
    )
    chat: bool = Field(
        default=False,
        description="With harness: ask through the chat template, with the job's system prompt.",
    )
    shots: int = Field(
        default=1000, ge=1, le=1_000_000, description="With a ladder: shots of each circuit."
    )


@dataclass(frozen=True)
class Order:
    """One evaluation.

    Attributes:
        kind: `scores`, `replies`, `arithmetic`, `imported`, `harness` or `ladder`.
        run: folder of the run; empty for a base by itself.
        base: folder of that base; empty for a run.
        checkpoint: of the run: `best`, `last`, `base` or a step.
        terms: the values of `Terms`.
        tasks: folder of the tasks that the site offers, with `harness`.
        chip: with a ladder, the chip to climb on to; None: not on to one.
        price: of a processor second, with its currency, where one is known.
    """

    kind: str
    run: str
    base: str
    checkpoint: str
    terms: dict[str, Any]
    tasks: str = ""
    chip: str | None = None
    price: tuple[float, str] | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the order in an evaluation's folder."""
        return cls(**json.loads((folder / "order.json").read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Put the order into an evaluation's folder."""
        write_whole(folder / "order.json", json.dumps(asdict(self), ensure_ascii=False))


def cases_of(folder: Path) -> Path | None:
    """Return the file that was handed in; None without."""
    paths = (folder / f"{CASES}{suffix}" for suffix in SUFFIXES)
    return next((path for path in paths if path.is_file()), None)


def progress_write(folder: Path, share: float) -> None:
    """Say which share of the work is done."""
    write_whole(folder / "progress.json", json.dumps({"share": round(share, 3)}))
