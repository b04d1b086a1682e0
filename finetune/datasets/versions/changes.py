"""What can be changed in a version: single dialogues by their line, and lines that can be mended.

Knows nothing of Django.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["edit", "exclude", "tag", "fix", "mask"]
KEPT = 200  # changes that the row of a version tells one by one


@dataclass(frozen=True)
class Change:
    """One change; `edit`, `exclude`, `tag`, `mask`, `fix` and `fix_all` make them.

    Attributes:
        kind: what is done.
        line: the dialogue's line in the version before; 0 for every line that can be mended.
        messages: what it says afterwards.
        tags: its tags afterwards.
    """

    kind: Kind
    line: int
    messages: list[dict[str, Any]] | None = None
    tags: list[str] | None = None


def edit(line: int, messages: list[dict[str, Any]]) -> Change:
    """Give a dialogue other messages; its tags and its person stay."""
    return Change("edit", line, messages=messages)


def exclude(line: int) -> Change:
    """Leave a dialogue out. It wins over every other change of the same line."""
    return Change("exclude", line)


def tag(line: int, tags: list[str]) -> Change:
    """Give a dialogue these tags in the place of those it has."""
    return Change("tag", line, tags=tags)


def mask(line: int) -> Change:
    """Put masks in the place of personal data, in what the dialogue says after other changes."""
    return Change("mask", line)


def fix(line: int) -> Change:
    """Mend a line: one that was left out, or one with control tokens."""
    return Change("fix", line)


def fix_all() -> Change:
    """Mend every line that was left out and can be mended."""
    return Change("fix", 0)


def changes_write(path: Path, changes: Iterable[Change]) -> Counter[str]:
    """Write changes to a file, one a line, and count them by kind."""
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as handle:
        for change in changes:
            counts[change.kind] += 1
            fields = {key: value for key, value in vars(change).items() if value is not None}
            handle.write(json.dumps(fields, ensure_ascii=False) + "\n")
    return counts


def changes_read(path: Path) -> Iterator[Change]:
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            yield Change(**json.loads(line))


@dataclass
class Planned:
    """What happens to one line."""

    messages: list[dict[str, Any]] | None = None
    tags: list[str] | None = None
    left_out: bool = False
    mended: bool = False
    masked: bool = False


class Plan:
    """All changes, by line.

    Attributes:
        mends_all: whether every line that can be is mended.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        self.mends_all = False
        self._lines: dict[int, Planned] = {}
        for change in changes:
            if change.kind == "fix" and not change.line:
                self.mends_all = True
                continue
            planned = self._lines.setdefault(change.line, Planned())
            planned.left_out |= change.kind == "exclude"
            planned.mended |= change.kind == "fix"
            planned.masked |= change.kind == "mask"
            planned.messages = planned.messages if change.messages is None else change.messages
            planned.tags = planned.tags if change.tags is None else change.tags

    def taken(self, line: int) -> Planned:
        """What is planned for a line, taken out of the plan."""
        return self._lines.pop(line, Planned())

    @property
    def unmet(self) -> int:
        """Lines that have not been taken: the version before has no such dialogue."""
        return len(self._lines)
