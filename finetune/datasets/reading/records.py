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
from finetune.datasets.reading.texts import telegram, whatsapp
from finetune.datasets.reading.texts.blocks import blocks
from finetune.datasets.reading.watching import Watch, opened
from finetune.datasets.reading.wrapped import Beside, wrapped


def read_records(
    path: Path, sniffed: Sniffed, limits: Limits, watch: Watch | None = None
) -> Iterator[Read]:
    """Yield the records of a file, dictionaries where all is well; `watch` hears how far it is.

    Raises:
        DatasetRefused: `missing_columns` for a CSV file without a usable header.
    """
    with opened(path, watch) as handle:
        handle.seek(sniffed.start)
        if sniffed.container == "jsonl":
            yield from _jsonl(handle, limits)
        elif sniffed.container == "json":
            yield from elements(handle, limits)
        elif sniffed.container == "object":
            yield from wrapped(handle, sniffed.key, limits, sniffed.head)
        elif sniffed.container == "telegram":
            messages = wrapped(handle, sniffed.key, limits, sniffed.head)
            beside = (read for read in messages if not isinstance(read.value, Beside))
            yield from telegram.chat(beside, limits)
        elif sniffed.container == "whatsapp":
            yield from whatsapp.chat(handle, limits)
        elif sniffed.container == "text":
            yield from blocks(handle, limits)
        else:
            yield from Table(handle, sniffed.delimiter, limits).records()


def _jsonl(handle: BinaryIO, limits: Limits) -> Iterator[Read]:
    start = handle.tell()
    for number, line in numbered_lines(handle, limits):
        end = handle.tell() if line is None else start + len(line)
        if line is None:
            yield Read(number, too_long(limits), start=start, size=end - start)
        elif not line.isspace():
            value = parse(line, limits)
            raw = line if isinstance(value, RecordProblem) else b""
            yield Read(number, value, start=start, size=end - start, raw=raw)
        start = end
