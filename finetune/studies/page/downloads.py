"""A study as files: its table as CSV, all of it as JSON, the report as one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from finetune.downloads import text_answer
from finetune.studies.models import Study, StudyScore
from finetune.studies.orders import study_arms
from finetune.studies.results import cells_of, results_to_keep, study_results
from finetune.studies.selectors import study_get
from finetune.studies.tables import study_table as table_of
from finetune.teams.access import SiteRequest, signed_in
from finetune.text import csv_text

from .report import report_page

COLUMNS = (
    "arm", "title", "parameters", "rate", "swept", "edge", "seeds", "train_loss", "validation_loss",
    "test_loss", "test_accuracy", "task_score", "step_seconds", "peak_memory_mb", "joules",
    "circuits", "shots",
)  # fmt: skip
DIFFERENCES = (
    "estimate", "low", "high", "seeds", "dialogues", "p_value", "corrected_p_value", "comparisons",
)  # fmt: skip


@signed_in
@require_safe
def study_table(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """One row an arm, best by validation first, with what the first arm adds to it."""
    study = study_get(request.user, public_id)
    return text_answer(
        request,
        iter(["\ufeff", table_csv(table_now(study))]),
        content_type="text/csv; charset=utf-8",
        filename=f"{study.public_id}.csv",
    )


@signed_in
@require_safe
def study_json(request: SiteRequest, public_id: str) -> HttpResponseBase:
    """Settings, what each run came to, the choice, the table, scores by dialogue."""
    study = study_get(request.user, public_id)
    text = json.dumps(study_values(study), ensure_ascii=False, indent=1)
    return text_answer(
        request,
        iter([text]),
        content_type="application/json",
        filename=f"{study.public_id}.json",
    )


@never_cache
@signed_in
@require_safe
def study_report(request: SiteRequest, public_id: str) -> HttpResponse:
    return report_page(request, study_get(request.user, public_id))


def table_now(study: Study) -> dict[str, Any]:
    """The table as it stands now.

    Raises:
        RunRefused: this version has no such arms.
    """
    cells = cells_of(study)
    return table_of(study, study_arms(study), cells, study_results(study, cells))


def table_csv(table: Mapping[str, Any]) -> str:
    """Numbers as they are; empty for none."""
    added = {one["arm"]: one for one in table["added"]}
    head = [*COLUMNS, *(f"added_{name}" for name in DIFFERENCES), "sentence"]
    rows: list[list[Any]] = [head]
    for row in table["rows"]:
        point, other = row["point"], added.get(row["arm"])
        values = {
            **row,
            "rate": point["rate"] if point else None,
            "swept": " ".join(f"{name}={value}" for name, value in point["swept"]) if point else "",
            "seeds": " ".join(map(str, row["seeds"])),
        }
        found = (other or {}).get("difference") or {}
        said = other["sentence"]["text"] % other["sentence"]["values"] if other else ""
        rows.append(
            [
                *(values.get(name) for name in COLUMNS),
                *(found.get(name) for name in DIFFERENCES),
                said,
            ]
        )
    return csv_text([["" if cell is None else cell for cell in row] for row in rows])


def study_values(study: Study) -> dict[str, Any]:
    """Plain values: no names of people, no dialogue."""
    cells = cells_of(study)
    results = study_results(study, cells)
    scores = study.scores.filter(state=StudyScore.State.DONE)
    return {
        "id": study.public_id,
        "name": study.name,
        "state": study.state,
        "created_at": study.created_at.isoformat(),
        "chosen_at": study.chosen_at.isoformat() if study.chosen_at else None,
        "finished_at": study.finished_at.isoformat() if study.finished_at else None,
        "base": study.base.slug,
        "data": {
            name: {"id": dataset.public_id, "sha256": dataset.sha256}
            for name, dataset in (
                ("train", study.dataset),
                ("validation", study.validation_dataset),
                ("test", study.test_dataset),
                ("problems", study.task_dataset),
            )
            if dataset is not None
        },
        "settings": study.config,
        "runs": {cell.key: {"id": cell.run.public_id, "state": cell.run.state} for cell in cells},
        "results": results_to_keep(results),
        "chosen": study.chosen,
        "table": table_of(study, study_arms(study), cells, results),
        "scores": results_of(scores, StudyScore.Kind.TEST) if study.table else {},
        "task_scores": results_of(scores, StudyScore.Kind.TASK) if study.table else {},
    }


def results_of(scores: Iterable[StudyScore], kind: str) -> dict[str, Any]:
    """What was scored, by the key of its cell."""
    return {score.key: score.result for score in scores if score.kind == kind}
