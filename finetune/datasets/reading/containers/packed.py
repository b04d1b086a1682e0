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


class Budget:
    """How many bytes may still come out of a packed file."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._limits = limits
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


class Unpacked(io.RawIOBase):
    """A stream that is counted, and whose damage is told in our words."""

    def __init__(self, source: BinaryIO, budget: Budget, name: str) -> None:
        self._source = source
        self._budget = budget
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._source.read(len(buffer))
        except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise broken(f"{self._name} is damaged or ends in the middle ({error}).") from error
        except OSError as error:
            if error.errno is not None:  # the disk's, not the file's
                raise
            raise broken(f"{self._name} is damaged ({error}).") from error
        self._budget.spend(len(piece))
        buffer[: len(piece)] = piece
        return len(piece)


def buffered(raw: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(raw, CHUNK))


@contextmanager
def gzip_stream(path: Path, budget: Budget) -> Iterator[BinaryIO]:
    with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as source:
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
