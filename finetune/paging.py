"""Numbered pages of long lists: the index finds the keys, and only a page's own rows are read."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


class KeyPaginator(Paginator):  # type: ignore[type-arg]
    """Skips keys in the list's index instead of whole rows with all that is joined to them."""

    object_list: QuerySet[Any]

    def __init__(self, object_list: QuerySet[Any], per_page: int, count: int | None = None) -> None:
        super().__init__(object_list, per_page)
        if count is not None:
            self.count = count  # it was counted already

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = self.object_list.select_related(None).values_list("pk", flat=True)
        chosen = list(keys[start : start + self.per_page])
        rows = self.object_list.filter(pk__in=chosen)
        return Page(list(rows), number, self)
