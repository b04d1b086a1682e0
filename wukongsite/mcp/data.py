"""Tools that read data sets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from pydantic import Field

from finetune.api.doctor.objects import dataset_object, findings_object
from finetune.api.files import dataset_of
from finetune.api.pages import no_such_cursor, older, page_of
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.teams.models import ApiKey

from .tools import Arguments, ListArguments, Tool

SHOWN = ("id", "name", "status", "bytes", "created_at")


class DatasetArguments(Arguments):
    dataset: str = Field(max_length=200, description="Its id, such as `file-…`.")


def datasets_list(key: ApiKey, given: ListArguments) -> dict[str, Any]:
    rows: QuerySet[Dataset] = dataset_list_for(key.team).order_by("-created_at", "-id")
    if given.after:
        cursor = rows.filter(public_id=given.after).values_list("created_at", "pk").first()
        if cursor is None:
            raise no_such_cursor(given.after)
        rows = older(rows, *cursor)
    return page_of(rows[: given.limit + 1], limit=given.limit, shape=row_of)


def row_of(dataset: Dataset) -> dict[str, Any]:
    told = dataset_object(dataset)
    counts = {name: told["counts"][name] for name in ("dialogues", "tokens")}
    return {**{name: told[name] for name in SHOWN}, **counts}


def dataset_read(key: ApiKey, given: DatasetArguments) -> dict[str, Any]:
    return dataset_object(dataset_of(key, given.dataset, param="dataset"))


def findings_read(key: ApiKey, given: DatasetArguments) -> dict[str, Any]:
    return findings_object(dataset_of(key, given.dataset, param="dataset"))


TOOLS = (
    Tool(
        "list_datasets",
        "The team's data sets, newest first. One can be learned from once its status is `ready`.",
        ListArguments,
        datasets_list,
    ),
    Tool(
        "read_dataset",
        "One data set: as what it was read, how many dialogues it has, how it is split, its "
        "problem where it cannot be used. Not the dialogues themselves.",
        DatasetArguments,
        dataset_read,
    ),
    Tool(
        "read_findings",
        "What was found in a data set (duplicates, personal data, test sets, …), what each does to "
        "a run, and the first places, with personal data masked.",
        DatasetArguments,
        findings_read,
    ),
)
