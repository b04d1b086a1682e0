"""Lists in OpenAI's form, with a cursor that is the id of the last row seen."""

from collections.abc import Callable, Iterable, Sequence
from itertools import dropwhile, islice
from typing import Any, TypeVar

from pydantic import BeforeValidator

from finetune.text import as_whole_number

from .errors import ApiError

Row = TypeVar("Row")
# For a list's `limit`: ASCII digits, where pydantic also takes "+5" and "1_0".
DIGITS = BeforeValidator(as_whole_number)


def listing(data: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": list(data),
        "has_more": has_more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def page_of(
    rows: Iterable[Row],
    *,
    after: str | None,
    limit: int,
    name: Callable[[Row], str],
    shape: Callable[[Row], dict[str, Any]],
) -> dict[str, Any]:
    """The `limit` rows that come after the row named `after`, shaped for the answer."""
    rest = iter(rows)
    if after:
        rest = dropwhile(lambda row: name(row) != after, rest)
        if next(rest, None) is None:
            raise ApiError(
                400,
                f"after: {after[:100]!r} is not in this list. Use the last_id of the page before.",
                code="invalid_value",
                param="after",
            )
    taken = list(islice(rest, limit + 1))
    return listing([shape(row) for row in taken[:limit]], has_more=len(taken) > limit)
