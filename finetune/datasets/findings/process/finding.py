"""What a check is and what it finds, as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TextIO

from .dialogue import Dialogue
from .order import Order

SHOWN = 5
MOST_LINES = 200_000  # rows of one check that are kept; all are counted
Told = Callable[[float], None]


@dataclass(frozen=True)
class Place:
    """A dialogue that a check points at, by its line in the upload.

    Attributes:
        excerpt: a few of its words; personal data in it is masked.
        note: what is there, as a code that the page has words for.
        group: those that belong together have the same one; 0: it stands alone.
    """

    part: str
    line: int
    excerpt: str
    note: str = ""
    group: int = 0


@dataclass
class Finding:
    """What one check found.

    Attributes:
        name: of the check, or of one of its findings.
        count: dialogues that it speaks of.
        read: dialogues that were read for it.
        total: dialogues of the data set; larger than `read` where only every n-th was read.
        values: numbers and names for its sentence and its table.
        first: the first places.
        listed: how many places stand in its file.
    """

    name: str
    count: int = 0
    read: int = 0
    total: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    first: list[Place] = field(default_factory=list)
    listed: int = 0

    @property
    def share(self) -> float:
        """Of the dialogues that were read."""
        return self.count / self.read if self.read else 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"share": self.share}


class Places:
    """Keeps the places of one finding in `<name>.jsonl`, one a line."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.jsonl"
        self.first: list[Place] = []
        self.count = 0
        self.listed = 0
        self._file: TextIO | None = None

    def add(self, place: Place) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(place)
        if self.listed < MOST_LINES:
            self._file = self._file or self.path.open("w", encoding="utf-8")
            self._file.write(json.dumps(asdict(place), ensure_ascii=False) + "\n")
            self.listed += 1

    def close(self) -> None:
        if self._file:
            self._file.close()


class Check:
    """One check: fed each dialogue, then asked what it has found.

    Attributes:
        name: of its finding and of its file.
        most: dialogues that it reads; of a larger set every n-th. None: all.
    """

    name: ClassVar[str]
    most: ClassVar[int | None] = None

    def __init__(self, order: Order, out: Path, total: int) -> None:
        """Begin.

        Args:
            order: what is to be examined, and with what.
            out: folder for its file and for what it has to put aside.
            total: dialogues that there will be.
        """
        self.order = order
        self.out = out
        self.total = total
        self.step = -(-total // self.most) if self.most and total else 1
        self.read = 0
        self.places = Places(out, self.name)

    def feed(self, dialogue: Dialogue) -> None:
        """Look at one dialogue."""
        raise NotImplementedError

    def result(self, told: Told) -> Iterable[Finding]:
        """Say what was found; `told` takes the share of what is still to be done here."""
        return [self.finding()]

    def finding(self, values: Mapping[str, Any] | None = None) -> Finding:
        """What stands in the file of places."""
        self.places.close()
        return Finding(
            self.name,
            self.places.count,
            self.read,
            self.total,
            dict(values or {}),
            self.places.first,
            self.places.listed,
        )

    def point(self, dialogue: Dialogue, excerpt: str, note: str = "") -> None:
        """Take a dialogue down."""
        self.places.add(Place(dialogue.part, dialogue.line, excerpt, note))
