"""`studio assistants list`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetune.api.models import model_object
from finetune.api.pages import page_of
from finetune.runs.assistants import assistants_for
from finetune.teams.keys.callers import Member

from .printing import Printer


def assistants_list(asked: Member, options: Mapping[str, Any], printer: Printer) -> int:
    limit = options["limit"]
    found = assistants_for(asked.team, limit=limit + 1)
    if printer.as_json:
        printer.json(page_of(found, limit=limit, shape=model_object))
        return 0
    rows = [(model_object(one)["id"], one.kind, one.title) for one in found[:limit]]
    printer.table(("ID", "KIND", "TITLE"), rows)
    if len(found) > limit:
        printer.line(f"There are more: --limit {2 * limit}")
    return 0
