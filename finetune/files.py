"""Files that are there whole or not at all, and locks that the kernel frees with their holder.

Knows nothing of Django, of runs or of data sets.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put a text file into its folder in one rename.

    A reader never sees half of it; where it cannot be written (a full disk) the old file stays,
    and nothing is left of the new one.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether this process alone holds the lock; it never waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def json_lines(text: str) -> list[str]:
    """The lines of a JSONL text. A string in it may hold U+2028 and its like, at which
    `str.splitlines` would cut it in two."""
    return text.split("\n")
