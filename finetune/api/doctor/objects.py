"""A data set's report, findings, problems, dialogues and versions as the API answers them."""

from dataclasses import asdict
from typing import Any

from finetune.api.errors import without_paths_in
from finetune.api.times import moment
from finetune.datasets.findings.models import Findings
from finetune.datasets.findings.page import FindingsView, findings_of
from finetune.datasets.findings.told import PlaceTold, findings_told
from finetune.datasets.models import Dataset
from finetune.datasets.progress import CheckProgress
from finetune.datasets.report import ReportView
from finetune.datasets.versions.dialogues import Talk
from finetune.datasets.versions.exports import writable
from finetune.exceptions import without_paths

from .schemas import LookStatus, Status

STATUS: dict[str, Status] = {
    "fetching": "fetching",
    "uploaded": "queued",
    "checking": "checking",
    "ready": "ready",
    "failed": "failed",
    "cancelled": "cancelled",
}
LOOK_STATUS: dict[str, LookStatus] = {
    "waiting": "queued",
    "working": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


def dataset_object(dataset: Dataset) -> dict[str, Any]:
    report = ReportView(dataset)
    told = dataset.report or {}
    progress = CheckProgress.of(dataset)
    checked = dataset.checked_at if dataset.state in ("ready", "failed") else None
    return {
        "id": dataset.public_id,
        "object": "wukong.dataset",
        "name": dataset.name,
        "kind": dataset.kind,
        "version": dataset.version,
        "made_of": dataset.previous.public_id if dataset.previous else None,
        "status": STATUS[dataset.state],
        "progress": 1.0 if dataset.state == "ready" else progress.percent / 100,
        "error": without_paths(dataset.problem.get("message", "")) or None,
        "error_code": dataset.problem.get("code") or None,
        "bytes": dataset.bytes,
        "sha256": dataset.sha256 or None,
        "created_at": int(dataset.created_at.timestamp()),
        "checked_at": moment(checked),
        "licence": dataset.licence or None,
        "licence_tag": dataset.licence_tag or None,
        "source": dataset.source or None,
        "for_evaluation": dataset.for_evaluation,
        "read_as": {
            "format": told.get("format") or None,
            "container": told.get("container") or None,
            "encoding": told.get("encoding") or None,
            "mapping": told.get("mapping") or {},
            "columns": report.columns,
            "speakers": report.speakers,
            "pause_hours": report.pause_hours if report.asks_consent else None,
            "unused": without_paths_in(report.unused),
        },
        "split": split_object(report) if dataset.state == Dataset.State.READY else None,
        "counts": {
            **{
                name: report.number(name)
                for name in ("records", "dialogues", "turns", "tokens", "errors", "warnings")
            },
            "left_out": report.left_out,
            "duplicates": report.duplicates,
            "near_duplicates": report.near_duplicates,
        },
        "lengths": told.get("lengths") or {},
        "fixable": told.get("fixable") or {},
        "formats": list(writable(dataset.kind)),
    }


def split_object(report: ReportView) -> dict[str, Any]:
    by_person = bool(report.report.get("by_person"))
    return {
        "by": "person" if by_person else "dialogue",
        "seed": report.seed,
        "share": report.fraction,
        "train": report.train,
        "validation": report.validation,
        "persons": report.number("persons") if by_person else None,
    }


def findings_object(dataset: Dataset) -> dict[str, Any]:
    row = findings_of(dataset)
    view = FindingsView(dataset)
    done = row is not None and row.state == Findings.State.DONE
    return {
        "object": "wukong.dataset.findings",
        "file_id": dataset.public_id,
        "status": LOOK_STATUS[row.state] if row else "none",
        "progress": row.share if row else 0.0,
        "error": (without_paths(row.message) or None) if row else None,
        "created_at": moment(row.queued_at) if row else None,
        "finished_at": moment(row.finished_at) if row else None,
        "data": [
            {
                **{name: value for name, value in asdict(one).items() if name != "first"},
                "places": [place_object(place) for place in one.first],
            }
            for one in findings_told(dataset)
        ],
        "clear": view.clear if done else [],
        "languages": view.values("languages").get("languages") or {},
        "test_sets": view.test_sets,
    }


def place_object(place: PlaceTold) -> dict[str, Any]:
    return {
        "id": str(place.number),
        "line": place.line,
        "part": place.part or None,
        "text": place.text,
        "note": place.note or None,
        "group": place.group or None,
        "problem": place.problem,
        "fixable": place.fixable,
    }


def problem_object(number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(number),
        "line": row["line"],
        "member": row.get("member") or None,
        "check": row["check"],
        "level": row["severity"],
        "reason": row["reason"],
        "advice": row["fix"],
        "fixable": bool(row.get("fixable")),
    }


def dialogue_object(talk: Talk) -> dict[str, Any]:
    return {
        "id": str(talk.number),
        "line": talk.line,
        "part": "validation" if talk.held_out else "train",
        "messages": talk.messages,
        "tools": talk.record.get("tools") or [],
        "tags": talk.record.get("tags") or [],
        "person": talk.record.get("person"),
        "source": talk.record.get("source"),
    }


def version_object(dataset: Dataset) -> dict[str, Any]:
    told = dataset.changes or {}
    return {
        "id": dataset.public_id,
        "version": dataset.version,
        "made_of": dataset.previous.public_id if dataset.previous else None,
        "status": STATUS[dataset.state],
        "created_at": int(dataset.created_at.timestamp()),
        "by": dataset.created_by.username if dataset.created_by else None,
        "note": told.get("note") or None,
        "bytes": dataset.bytes,
        "sha256": dataset.sha256 or None,
        "asked": told.get("asked") or {},
        "changes": told.get("counts") or {},
        "unmet": told.get("unmet"),
    }
