"""Rows of Parquet and Arrow files as plain Python values, batch by batch.

Lists of structs are messages. Arrow cannot tell a field of a struct that is null from one that was
never written; it is taken as never written.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finetune.datasets.reading.columns import with_lists
from finetune.datasets.reading.containers.directory import broken, too_large
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read, too_long
from finetune.datasets.reading.watching import Watch

ROWS = 64  # of a batch that is in memory as Python values
NAMES = {"parquet": "Parquet", "arrow": "Arrow", "arrow_stream": "Arrow"}


def rows(path: Path, kind: str, limits: Limits, watch: Watch | None = None) -> Iterator[Read]:
    """Yield the rows, numbered from 1; `watch` hears from time to time that they come.

    Raises:
        DatasetRefused: `archive_broken`, `archive_too_large`.
    """
    number = expanded = 0
    with _failures(kind):
        for batch in _parquet(path, limits) if kind == "parquet" else _arrow(path, kind):
            batch.validate(full=True)
            expanded += batch.nbytes
            if watch is not None:
                watch(0)
            if expanded > limits.max_expanded_bytes:
                raise too_large(limits)
            for row in batch.to_pylist(maps_as_pydicts="lossy"):
                number += 1
                yield Read(number, _record(row, limits))


@contextmanager
def _failures(kind: str) -> Iterator[None]:
    """Say in our words what is wrong with a file."""
    try:
        yield
    except OSError as error:  # pyarrow's own have no number
        if error.errno is not None:
            raise
        raise broken(f"The {NAMES[kind]} file is damaged ({_line(error)}).") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise broken(f"The {NAMES[kind]} file is damaged ({_line(error)}).") from error


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _parquet(path: Path, limits: Limits) -> Iterator[Any]:
    with pq.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
        facts = file.metadata
        groups = range(facts.num_row_groups)
        if sum(facts.row_group(group).total_byte_size for group in groups) > (
            limits.max_expanded_bytes
        ):
            raise too_large(limits)
        _depth_check(file.schema_arrow, limits)
        yield from file.iter_batches(batch_size=ROWS, use_threads=False)


def _arrow(path: Path, kind: str) -> Iterator[Any]:
    with pa.memory_map(str(path)) as source:
        if kind == "arrow":
            with pa.ipc.open_file(source) as file:
                for index in range(file.num_record_batches):
                    yield from _pieces(file.get_batch(index))
            return
        with pa.ipc.open_stream(source) as stream:
            for batch in stream:
                yield from _pieces(batch)


def _pieces(batch: Any) -> Iterator[Any]:
    for start in range(0, batch.num_rows, ROWS):
        yield batch.slice(start, ROWS)


def _depth_check(schema: Any, limits: Limits) -> None:
    for field in schema:
        if _depth(field.type) > limits.max_depth:
            raise broken(f"The column {field.name!r:.60} is nested too deep.")


def _depth(kind: Any) -> int:
    inner = [kind.field(index).type for index in range(kind.num_fields)]
    return 1 + max(map(_depth, inner), default=0)


def _record(row: dict[str, Any], limits: Limits) -> Any:
    size = 0

    def plain(value: Any, *, inside: bool = False) -> Any:
        """A value as JSON would have it."""
        nonlocal size
        if isinstance(value, str):
            size += len(value)
            return value
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, dict):
            return {
                str(key): plain(one, inside=True) for key, one in value.items() if one is not None
            }
        if isinstance(value, list | tuple):
            return [plain(one, inside=True) for one in value]
        return _scalar(value)

    record = {name: plain(value) for name, value in row.items()}
    return too_long(limits) if size > limits.max_line_bytes else with_lists(record, limits)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    return str(value)
