"""Records of a file one after the other, with their line numbers and bounded memory.

A record that cannot be read is given as a `RecordProblem` in its place: reading goes on.
Knows nothing of what the records mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.json_lists import elements
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, numbered_lines, too_long
from finetune.datasets.reading.sniffing import Sniffed
from finetune.datasets.reading.tables import Table


def read_records(path: Path, sniffed: Sniffed, limits: Limits) -> Iterator[Read]:
    """Yield the records of a file, dictionaries where all is well.

    Raises:
        DatasetRefused: `missing_columns` for a CSV file without a usable header.
    """
    with path.open("rb") as handle:
        handle.seek(sniffed.start)
        if sniffed.container == "jsonl":
            yield from _jsonl(handle, limits)
        elif sniffed.container == "json":
            yield from elements(handle, limits)
        else:
            yield from Table(handle, sniffed.delimiter, limits).records()


def _jsonl(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    start = handle.tell()
    for number, line in numbered_lines(handle, limits):
        end = handle.tell()
        if line is None:
            yield Read(number, too_long(limits), start=start, size=end - start)
        elif line.strip():
            value = parse(line, limits)
            raw = line if isinstance(value, RecordProblem) else b""
            yield Read(number, value, start=start, size=end - start, raw=raw)
        start = end
