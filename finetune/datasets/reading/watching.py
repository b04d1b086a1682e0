"""A file whose reading can be watched, and broken off by whoever watches. Knows nothing of what is
read."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

BLOCK = 1 << 18  # bytes read at once: how often somebody may look

Watch = Callable[[int], None]  # told how many bytes of the file were read; may raise


class Stream(io.RawIOBase):
    """A stream that is made of another one; `_taken` gives its next bytes."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._taken(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _taken(self, most: int) -> bytes:
        """At most so many bytes; none at the end."""
        raise NotImplementedError


def opened(path: Path, watch: Watch | None) -> BinaryIO:
    """Open a file for reading; `watch` is called for each block that is read of it."""
    if watch is None:
        return path.open("rb")
    return cast(BinaryIO, io.BufferedReader(_Watched(path, watch), BLOCK))


class _Watched(io.FileIO):
    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        self._watch(self.tell())
        return count
