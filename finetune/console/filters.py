"""Filters of the console's lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin


class ValuesFilter(admin.AllValuesFieldListFilter):
    """All values of a text column; the empty one gets a name, so that its link can be read."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "(none)"}
