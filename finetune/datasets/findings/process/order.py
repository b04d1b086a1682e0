"""What a process of findings is told, and the files through which it answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from finetune.files import write_whole

ORDER, RESULT, PROGRESS = "order.json", "result.json", "progress.json"


@dataclass(frozen=True)
class Base:
    """A base that is ready: whose words and whose chat template a run would use."""

    slug: str
    title: str
    source: str
    positions: int
    languages: tuple[str, ...]


@dataclass(frozen=True)
class TestSet:
    """A data set that somebody measures with."""

    __test__ = False

    name: str
    folder: str


@dataclass(frozen=True)
class Order:
    """One examination.

    Attributes:
        data: folder of `train.jsonl` and `validation.jsonl`.
        dialogues: how many there are in both.
        bases: those that are ready.
        tests: sets that it should have nothing in common with.
        judge: module whose `crisis` and `unsafe` judge what is said; empty: nobody does.
        control_tokens: how many dialogues hold some, as the first check has counted.
    """

    data: str
    dialogues: int
    bases: tuple[Base, ...] = ()
    tests: tuple[TestSet, ...] = ()
    judge: str = ""
    control_tokens: int = 0

    def write(self, folder: Path) -> None:
        write_whole(folder / ORDER, json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Order:
        values = json.loads((folder / ORDER).read_text(encoding="utf-8"))
        bases = tuple(
            Base(**one | {"languages": tuple(one["languages"])}) for one in values["bases"]
        )
        tests = tuple(TestSet(**one) for one in values["tests"])
        return cls(**values | {"bases": bases, "tests": tests})


def progress_write(folder: Path, share: float) -> None:
    write_whole(folder / PROGRESS, json.dumps(share))


def progress_read(folder: Path) -> float:
    """The share that is done; 0 before the first word."""
    try:
        return float(json.loads((folder / PROGRESS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return 0.0
