"""The dialogues of a checked version, in the order of their lines: pages, search, single ones.

A page is a seek; a search reads on from where it is until it has a page of hits or has read enough,
and says how far it came.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from finetune.datasets.doctor.places import DialoguePlace, Places
from finetune.datasets.formats.calls import said
from finetune.datasets.formats.preference import pair_messages
from finetune.datasets.models import Dataset

PAGE = 20
SEARCHED_BYTES = 64 * 2**20  # in one go
SEARCHED_SECONDS = 4.0
LINES_MOST = 500  # of a list of lines that is asked for


@dataclass(frozen=True)
class Talk:
    """One dialogue.

    Attributes:
        number: its place among the dialogues, from 0.
        line: where it starts in the version's file.
        held_out: whether it is in the validation part.
        record: its messages, and what stands beside them.
    """

    number: int
    line: int
    held_out: bool
    record: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Its turns; of a pair also the preferred reply and, last, the other one."""
        return messages_of(self.record)

    @property
    def is_pair(self) -> bool:
        return is_pair(self.record)


def is_pair(record: dict[str, Any]) -> bool:
    return "chosen" in record


def messages_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = record["messages"]
    return pair_messages(record) if is_pair(record) else messages


@dataclass(frozen=True)
class Wanted:
    """Which dialogues are asked for; empty fields leave nothing out.

    Attributes:
        text: in one of the turns, in any case.
        tag: that the dialogue has.
        part: `train` or `validation`.
        lines: only those of these lines.
    """

    text: str = ""
    tag: str = ""
    part: str = ""
    lines: tuple[int, ...] = ()

    @property
    def is_everything(self) -> bool:
        return self == Wanted()

    def takes_place(self, place: DialoguePlace) -> bool:
        return not self.part or place.held_out == (self.part == "validation")

    def takes(self, record: dict[str, Any]) -> bool:
        if self.tag and self.tag not in record.get("tags", ()):
            return False
        text = self.text.casefold()
        return not text or any(text in said(one).casefold() for one in messages_of(record))


@dataclass(frozen=True)
class Found:
    """A page of dialogues.

    Attributes:
        talks: in the order of their lines.
        first: number of the dialogue that the search began with, from 0.
        after: number of the one that a search goes on with; None at the end.
        count: dialogues of the version.
    """

    talks: list[Talk]
    first: int
    after: int | None
    count: int

    @property
    def end(self) -> int:
        """Number of the dialogue behind the last that was looked at."""
        return self.count if self.after is None else self.after

    @property
    def searched(self) -> int:
        """Dialogues that were looked at for this page."""
        return max(0, self.end - self.first)


class Dialogues:
    """The dialogues of one version that is ready."""

    def __init__(self, dataset: Dataset) -> None:
        """Raises FileNotFoundError: it was checked before its dialogues had places."""
        self._files = (dataset.train_file, dataset.validation_file)
        self._places = Places(dataset.places_file)
        self.count = self._places.count

    def of_line(self, line: int) -> Talk | None:
        place = self._places.of_line(line)
        if place is None:
            return None
        with self._files[place.held_out].open("rb") as handle:
            handle.seek(place.start)
            return Talk(0, place.line, place.held_out, json.loads(handle.readline()))

    def page(self, wanted: Wanted, first: int = 0, size: int = PAGE) -> Found:
        """The dialogues that are wanted from a number on, a page of them at most."""
        if wanted.lines:
            return self._of_lines(wanted, first, size)
        talks: list[Talk] = []
        read, deadline = 0, time.monotonic() + SEARCHED_SECONDS
        for number, place, line in self._lines(first, wanted):
            if len(talks) == size:
                return Found(talks, first, number, self.count)
            if line is None:
                continue
            if read > SEARCHED_BYTES or time.monotonic() > deadline:
                return Found(talks, first, number, self.count)
            read += len(line)
            record = json.loads(line)
            if wanted.takes(record):
                talks.append(Talk(number, place.line, place.held_out, record))
        return Found(talks, first, None, self.count)

    def _of_lines(self, wanted: Wanted, first: int, size: int) -> Found:
        """Those of a list of lines; `first` counts in the list."""
        lines = wanted.lines
        talks: list[Talk] = []
        for number in range(first, len(lines)):
            if len(talks) == size:
                return Found(talks, first, number, len(lines))
            talk = self.of_line(lines[number])
            if talk is None or (wanted.part and talk.held_out != (wanted.part == "validation")):
                continue
            if wanted.takes(talk.record):
                talks.append(talk)
        return Found(talks, first, None, len(lines))

    def _lines(
        self, first: int, wanted: Wanted
    ) -> Iterator[tuple[int, DialoguePlace, bytes | None]]:
        """Each dialogue from a number on: its number, its place, and its line if the part fits."""
        with ExitStack() as stack:
            handles = [stack.enter_context(path.open("rb")) for path in self._files]
            for number, place in enumerate(self._places.every(first), first):
                if not wanted.takes_place(place):
                    yield number, place, None
                    continue
                handle = handles[place.held_out]
                if handle.tell() != place.start:
                    handle.seek(place.start)
                yield number, place, handle.readline()

    def records(self, part: str = "") -> Iterator[tuple[int, dict[str, Any]]]:
        """Line and record of every dialogue of a part, or of both."""
        for _, place, line in self._lines(0, Wanted(part=part)):
            if line is not None:
                yield place.line, json.loads(line)
