"""gzip and ZIP files as streams that are unpacked while they are read, up to a bound."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from finetune.datasets.reading.containers.directory import (
    MOST_RATIO,
    SMALL,
    broken,
    too_dense,
    too_large,
)
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import CHUNK
from finetune.datasets.reading.watching import Stream, Watch, opened


class Budget:
    """How many bytes may still come out of a packed file.

    Args:
        packed: bytes of the file.
        limits: how many may come out.
        whole: how many will, as the file says; with `watch`, which is told the same share of
            `packed` and may raise.
    """

    def __init__(
        self, packed: int, limits: Limits, whole: int = 0, watch: Watch | None = None
    ) -> None:
        self._limits = limits
        self._packed, self._whole, self._watch = packed, max(1, whole), watch
        self._spent = 0
        self._left = limits.max_expanded_bytes
        self._dense_left = max(SMALL, MOST_RATIO * packed)

    def spend(self, count: int) -> None:
        """Count bytes that came. Raises DatasetRefused, code `archive_too_large`."""
        self._left -= count
        self._dense_left -= count
        if self._left < 0:
            raise too_large(self._limits)
        if self._dense_left < 0:
            raise too_dense()
        self._spent += count
        if self._watch is not None:
            self._watch(self._packed * min(self._spent, self._whole) // self._whole)


class Unpacked(Stream):
    """A stream that is counted, and whose damage is told in our words."""

    def __init__(self, source: BinaryIO, budget: Budget, name: str) -> None:
        self._source = source
        self._budget = budget
        self._name = name
        self._counted = 0  # the furthest that was read: what is read again costs nothing

    def tell(self) -> int:
        return self._source.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of what comes out; back means once more from the start."""
        if whence == io.SEEK_CUR:
            place += self._source.tell()
        if place < self._source.tell():
            self._source.seek(0)
        while (left := place - self._source.tell()) > 0:
            if not self._taken(min(left, CHUNK)):
                break
        return self._source.tell()

    def _taken(self, most: int) -> bytes:
        try:
            piece = self._source.read(most)
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise broken(f"{self._name} is damaged or ends in the middle ({error}).") from error
        except OSError as error:
            if error.errno is not None:  # the disk's, not the file's
                raise
            raise broken(f"{self._name} is damaged ({error}).") from error
        at = self._source.tell()
        if at > self._counted:
            self._budget.spend(at - self._counted)
            self._counted = at
        return piece


def buffered(raw: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(raw, CHUNK))


@contextmanager
def gzip_stream(path: Path, budget: Budget, watch: Watch | None = None) -> Iterator[BinaryIO]:
    with opened(path, watch) as packed, gzip.GzipFile(fileobj=packed) as source:
        yield buffered(Unpacked(cast(BinaryIO, source), budget, "The gzip file"))


@contextmanager
def member_stream(path: Path, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            source = stack.enter_context(archive.open(entry))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise broken(f"{entry.filename} cannot be read from the archive ({error}).") from error
        yield buffered(Unpacked(cast(BinaryIO, source), budget, entry.filename))
