"""`studio datasets …`: uploads, their reports and findings, and dialogues written to a file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from finetune.api.doctor.objects import dataset_object, findings_object
from finetune.api.files import dataset_of, file_object
from finetune.api.pages import page_of
from finetune.datasets.models import Dataset
from finetune.datasets.selectors import dataset_list_for
from finetune.datasets.services import consent_by, dataset_upload
from finetune.datasets.versions.exports import OWN, export_open
from finetune.exceptions import StudioError
from finetune.teams.keys.callers import Member

from .printing import Printer, moment, size

LOOK_SECONDS = 0.5
OPEN = (Dataset.State.FETCHING, Dataset.State.UPLOADED, Dataset.State.CHECKING)
FIRST_PLACES = 3


def datasets_list(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    limit = options["limit"]
    found = list(dataset_list_for(asked.team)[: limit + 1])
    if printer.as_json:
        printer.json(page_of(found, limit=limit, shape=file_object))
        return 0
    rows = []
    for one in found[:limit]:
        told = dataset_object(one)
        dialogues = str(told["counts"]["dialogues"]) if one.state == Dataset.State.READY else ""
        made = moment(told["created_at"])
        rows.append((one.public_id, told["status"], dialogues, size(one.bytes), made, one.name))
    printer.table(("ID", "STATUS", "DIALOGUES", "SIZE", "MADE", "NAME"), rows)
    if len(found) > limit:
        printer.line(f"There are more: --limit {2 * limit}")
    return 0


def datasets_upload(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    """Keep a file as a page or the API would; with `--wait`, until it is checked."""
    more: dict[str, Any] = {"speaker": options["speaker"]} if options["speaker"] else {}
    if options["consent"]:
        more["consent"] = consent_by(asked.user)
    path = Path(options["file"])
    try:
        with path.open("rb") as handle:
            file = UploadedFile(handle, name=path.name, size=path.stat().st_size)
            made = dataset_upload(
                team=asked.team,
                user=asked.user,
                file=file,
                name=options["name"],
                licence=options["licence"],
                options=more,
            )
    except OSError as error:
        words = f"{path} cannot be read: {error.strerror}."
        raise StudioError(words, code="not_readable", field="file") from error
    if options["wait"]:
        made = checked(made)
    if printer.as_json:
        printer.json(file_object(made))
    else:
        told = dataset_object(made)
        printer.line(f"{made.public_id}  {told['status']}  {made.name}")
        if told["error"]:
            printer.line(told["error"])
    return 0 if not options["wait"] or made.state == Dataset.State.READY else 1


def checked(dataset: Dataset) -> Dataset:
    """The same once its check has ended, by a worker of the studio."""
    while dataset.state in OPEN:
        time.sleep(LOOK_SECONDS)
        dataset.refresh_from_db()
    return dataset


def datasets_show(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    told = dataset_object(dataset_of(asked, options["id"]))
    if printer.as_json:
        printer.json(told)
        return 0
    counts, split, read = told["counts"], told["split"] or {}, told["read_as"]
    printer.facts(
        [
            ("ID", told["id"]),
            ("Name", told["name"]),
            ("Status", told["status"]),
            ("Problem", told["error"]),
            ("Read as", " ".join(filter(None, (read["format"], read["container"])))),
            ("Version", told["version"]),
            ("Made of", told["made_of"]),
            ("Size", size(told["bytes"])),
            ("SHA-256", told["sha256"]),
            ("Uploaded", moment(told["created_at"])),
            ("Licence", told["licence"]),
        ]
    )
    if split:
        printer.facts(
            [
                ("Dialogues", counts["dialogues"]),
                ("Turns", counts["turns"]),
                ("Tokens", counts["tokens"]),
                ("Left out", counts["left_out"]),
                ("Learned from", split["train"]),
                ("Held out", split["validation"]),
                ("Written as", ", ".join(told["formats"])),
            ]
        )
    return 0


def datasets_findings(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    told = findings_object(dataset_of(asked, options["id"]))
    if printer.as_json:
        printer.json(told)
        return 0
    for one in told["data"]:
        printer.line(f"{one['level']:<8}{one['title']}: {one['count']}")
        if one["sentence"]:
            printer.line(f"        {one['sentence']}")
        for place in one["places"][:FIRST_PLACES]:
            printer.line(f"        line {place['line']}: {place['text']}")
    if not told["data"]:
        printer.line("Nothing was found.")
    if told["status"] in ("queued", "running"):
        printer.line(f"The second look is at work: {told['progress']:.0%}.")
    elif told["error"]:
        printer.line(told["error"])
    return 0


def datasets_export(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    """Every dialogue is looked at before the first byte is written."""
    dataset = dataset_of(asked, options["id"])
    export = export_open(dataset, options["format"] or OWN[dataset.kind], options["part"])
    if not options["output"]:
        for block in export.blocks():
            printer.raw(block)
        return 0
    path = Path(options["output"])
    try:
        with path.open("w", encoding="utf-8", newline="") as target:
            target.writelines(export.blocks())
    except OSError as error:
        words = f"{path} cannot be written: {error.strerror}."
        raise StudioError(words, code="not_written", field="output") from error
    if printer.as_json:
        printer.json({"id": dataset.public_id, "format": options["format"], "path": str(path)})
    else:
        printer.line(f"{path}: {size(path.stat().st_size)}")
    return 0
