"""Fewer points of a curve that look like all of them.

The steps are cut into buckets, and of each bucket the lowest and the highest value stay, as a
screen's pixel column would show them. So do both ends, the first of each stretch without a value
(where a line breaks), and rows that the caller asks for. Knows nothing of runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

Columns = dict[str, list[Any]]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def rows_kept(
    columns: Columns, limit: int, *, names: Sequence[str], kept: Iterable[int] = ()
) -> list[int]:
    """Indices of at most `limit` rows, in order; all of them where there are no more.

    Args:
        columns: lists of the same length.
        names: the columns that are drawn; the first one gets half of the room.
        kept: rows that stay in any case, as far as there is room for them.
    """
    count = max((len(column) for column in columns.values()), default=0)
    if count <= limit:
        return list(range(count))
    if limit < 2:
        return [count - 1][:limit]
    found = {0, count - 1}
    wanted = sorted(set(kept) - found)
    stride = max(1, -(-len(wanted) // max(1, limit // 4)))
    found |= set(wanted[::stride])
    drawn = [name for name in names if any(map(is_number, columns[name]))]
    room = limit - len(found)
    for name in drawn:
        others = len(drawn) - 1
        share = room if not others else room // 2 if name == drawn[0] else room // (2 * others)
        found |= extremes(columns[name], min(share, limit - len(found)))
    return sorted(found)


def extremes(values: Sequence[Any], room: int) -> set[int]:
    """The lowest and highest place of each bucket, and where a stretch without values begins."""
    whole = all(map(is_number, values))
    found: set[int] = set()
    buckets = max(1, room // (2 if whole else 3))
    for number in range(buckets):
        places: Sequence[int] = range(
            number * len(values) // buckets, (number + 1) * len(values) // buckets
        )
        if not whole:
            gaps = [at for at in places if not is_number(values[at])]
            if gaps:
                found.add(gaps[0])
                places = [at for at in places if is_number(values[at])]
        if places:
            found |= {min(places, key=values.__getitem__), max(places, key=values.__getitem__)}
    return found if len(found) <= room else set()


def rows_of(columns: Columns, rows: Iterable[int]) -> Columns:
    """The same columns with these rows only."""
    places = list(rows)
    return {name: [column[at] for at in places] for name, column in columns.items()}
