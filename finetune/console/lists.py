"""Lists of the console over tables that grow without end: nothing counts or reads them whole."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

COUNTED = 5_000  # rows; a list that is longer ends here, and a search or filter finds the rest


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than a person would turn pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:COUNTED].count())


class LongList:
    """For a `ModelAdmin` of many rows."""

    paginator: ClassVar[Any] = CappedPaginator
    show_full_result_count: ClassVar[bool] = False
    list_per_page: ClassVar[int] = 50
    unread: ClassVar[tuple[str, ...]] = ()  # long texts and JSON that the list does not show

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.defer(*self.unread)


def count_of(rows: QuerySet[Any], owner: str) -> Coalesce:
    """How many of these rows belong to one of a list, as a question of its own.

    Several counts over joins would multiply: members times data sets times runs of each team.
    """
    mine = rows.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(mine.annotate(n=Count("pk")).values("n")), 0)
