"""Pages of files: uploads and the result tables of finished jobs, merged by their times."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import merge
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from redis.exceptions import RedisError

from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.runs.page.downloads import steps_of
from finetune.text import csv_text

from .pages import no_such_cursor, page_of

log = logging.getLogger("wukongsite.api")
COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
SIZES_KEPT = 30 * 24 * 3600
UPLOAD, RESULT = 0, 1  # which comes first of the same moment


class Place(NamedTuple):
    """Where a file stands in the list."""

    at: datetime
    kind: int
    pk: int


class Entry(NamedTuple):
    place: Place
    row: Dataset | Run


def files_page(
    uploads: QuerySet[Dataset] | None,
    runs: QuerySet[Run] | None,
    *,
    limit: int,
    newest_first: bool,
    after: tuple[str, Place | None],
    shape: Callable[[Dataset | Run], dict[str, Any]],
) -> dict[str, Any]:
    """A page of one or both kinds; None leaves a kind out.

    Args:
        after: the id that was asked for (empty: from the start) and its place, if it has one.
    """
    name, start = after
    if name and start is None:
        raise no_such_cursor(name)
    parts: list[Iterable[Entry]] = []
    if uploads is not None:
        rows = behind(uploads.defer("report", "options"), "created_at", UPLOAD, start, newest_first)
        parts.append(
            [Entry(Place(row.created_at, UPLOAD, row.pk), row) for row in rows[: limit + 1]]
        )
    if runs is not None:
        runs = runs.select_related(None).only("public_id", "last_seq", "created_at", "finished_at")
        ended = runs.annotate(ended_at=Coalesce("finished_at", "created_at"))
        keys = behind(ended, "ended_at", RESULT, start, newest_first).values_list("pk", flat=True)
        wanted = list(keys[: limit + 1])
        found = (Entry(place_of(run), run) for run in runs.filter(pk__in=wanted))
        parts.append(sorted(found, key=by_place, reverse=newest_first))
    entries = list(merge(*parts, key=by_place, reverse=newest_first))[: limit + 1]
    sizes_know([entry.row for entry in entries[:limit] if isinstance(entry.row, Run)])
    return page_of(entries, limit=limit, shape=lambda entry: shape(entry.row))


def by_place(entry: Entry) -> Place:
    return entry.place


def place_of(row: Dataset | Run) -> Place:
    if isinstance(row, Run):
        return Place(row.finished_at or row.created_at, RESULT, row.pk)
    return Place(row.created_at, UPLOAD, row.pk)


def behind(
    rows: QuerySet[Any], field: str, kind: int, start: Place | None, newest_first: bool
) -> QuerySet[Any]:
    """Rows of one kind in the list's order, behind a place of any kind."""
    sign, side = ("-", "lt") if newest_first else ("", "gt")
    rows = rows.order_by(f"{sign}{field}", f"{sign}pk")
    if start is None:
        return rows
    later = Q(**{f"{field}__{side}": start.at})
    same = Q(**{field: start.at})
    if kind == start.kind:
        return rows.filter(later | same & Q(**{f"pk__{side}": start.pk}))
    follows = kind < start.kind if newest_first else kind > start.kind
    return rows.filter(later | same if follows else later)


# -- result tables --------------------------------------------------------------------------------


def result_blocks(run: Run) -> Iterable[str]:
    """The curves of a job as CSV, one row per step; empty where nothing was measured."""
    yield csv_text([COLUMNS], end="\n")
    for steps in steps_of(run):
        yield csv_text(
            (
                [
                    step,
                    metrics.get("train_loss"),
                    metrics.get("train_accuracy"),
                    measured.get("validation_loss"),
                    measured.get("validation_accuracy"),
                ]
                for step, metrics, measured in steps
            ),
            end="\n",
        )


def result_bytes(run: Run) -> int:
    """The size of a result table, which is counted once: the table of an ended job stays."""
    if not hasattr(run, "table_bytes"):
        sizes_know([run])
    size: int = run.table_bytes  # type: ignore[attr-defined]
    return size


def sizes_know(runs: list[Run]) -> None:
    """Give each run the size of its table: from the cache, or counted now."""
    keys = {f"result-bytes:{run.public_id}:{run.last_seq}": run for run in runs}
    try:
        known = cache.get_many(list(keys))
    except RedisError as error:
        log.warning("sizes of result tables are counted again: %s", error)
        known = {}
    fresh = {}
    for key, run in keys.items():
        if key not in known:
            fresh[key] = sum(len(block.encode()) for block in result_blocks(run))
        run.table_bytes = known.get(key, fresh.get(key))  # type: ignore[attr-defined]
    try:
        if fresh:
            cache.set_many(fresh, timeout=SIZES_KEPT)
    except RedisError as error:
        log.warning("sizes of result tables are not kept: %s", error)
