"""Tools that read studies."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from finetune.api.pages import no_such_cursor, older, page_of
from finetune.api.studies.endpoints import OTHERS, study_of
from finetune.api.studies.objects import study_object
from finetune.studies.orders import study_arms
from finetune.studies.results import cells_of, study_results
from finetune.studies.selectors import study_list_for
from finetune.studies.tables import study_table
from finetune.teams.models import ApiKey

from .tools import Arguments, ListArguments, Tool

SHOWN = ("id", "name", "status", "created_at", "model", "training_file", "runs")


class StudyArguments(Arguments):
    study: str = Field(max_length=200, description="Its id, such as `study-…`.")


def studies_list(key: ApiKey, given: ListArguments) -> dict[str, Any]:
    rows = study_list_for(key.team).select_related(*OTHERS)
    if given.after:
        cursor = rows.filter(public_id=given.after).values_list("created_at", "pk").first()
        if cursor is None:
            raise no_such_cursor(given.after)
        rows = older(rows, *cursor)

    def shape(study: Any) -> dict[str, Any]:
        told = study_object(study)
        return {name: told[name] for name in SHOWN}

    return page_of(rows[: given.limit + 1], limit=given.limit, shape=shape)


def study_read(key: ApiKey, given: StudyArguments) -> dict[str, Any]:
    """A study without the settings that all its arms share, and its table as it stands."""
    study = study_of(key, given.study)
    told = study_object(study)
    del told["settings"]
    cells = cells_of(study)
    return {
        **told,
        "table": study_table(study, study_arms(study), cells, study_results(study, cells)),
    }


TOOLS = (
    Tool(
        "list_studies",
        "The team's studies, newest first: several adapters compared on the same data.",
        ListArguments,
        studies_list,
    ),
    Tool(
        "read_study",
        "How a study stands, what it found in sentences, and its table: a row for each arm, "
        "differences with intervals, warnings. Rows are ordered by held-out loss, never by test.",
        StudyArguments,
        study_read,
    ),
)
