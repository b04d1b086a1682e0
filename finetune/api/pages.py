"""Lists in OpenAI's form, with a cursor that is the id of the last row seen.

A cursor is looked up once and then compared with what the list is ordered by, so that a page deep
in a long list costs what the first one does.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TypeVar

from django.db.models import Model, Q, QuerySet
from ninja import Schema
from pydantic import BeforeValidator

from finetune.text import as_whole_number

from .errors import ApiError

Row = TypeVar("Row")
# For a list's `limit`: ASCII digits, where pydantic also takes "+5" and "1_0".
DIGITS = BeforeValidator(as_whole_number)
Rows = TypeVar("Rows", bound=Model)


class ListPage(Schema):
    object: Literal["list"] = "list"
    has_more: bool
    first_id: str | None
    last_id: str | None


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
    limit: int,
    shape: Callable[[Row], dict[str, Any]],
) -> dict[str, Any]:
    """The first `limit` of rows that begin behind the cursor, shaped for the answer."""
    taken = list(islice(rows, limit + 1))
    return listing([shape(row) for row in taken[:limit]], has_more=len(taken) > limit)


def older(
    rows: QuerySet[Rows], at: datetime, pk: int, *, field: str = "created_at"
) -> QuerySet[Rows]:
    """Rows of a list by `-field, -id` that stand behind this time and key.

    The first condition alone is a range of the list's index; the second only sorts out ties.
    """
    tie = Q(**{f"{field}__lt": at}) | Q(pk__lt=pk)
    return rows.filter(**{f"{field}__lte": at}).filter(tie)


def no_such_cursor(after: str) -> ApiError:
    return ApiError(
        400,
        f"after: {after[:100]!r} is not in this list. Use the last_id of the page before.",
        code="invalid_value",
        param="after",
    )
