"""A version in any form that can be written, line by line; a table as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from finetune.datasets.formats.form import DIALOGUES, PREFERENCE, Format
from finetune.datasets.formats.preference import pair_messages
from finetune.datasets.formats.registry import FORMATS
from finetune.datasets.formats.writing import CannotWrite
from finetune.datasets.models import Dataset
from finetune.exceptions import StudioError
from finetune.teams.audit.services import audit_write
from finetune.text import neutralised

from .dialogues import Dialogues

OWN = {DIALOGUES: "openai", PREFERENCE: "trl_preference"}
PARTS = ("all", "train", "validation")
BLOCK = 200  # records
COLUMNS = ("system", "user", "assistant")
BESIDE = ("tags", "person")  # kept in our own forms


class Export:
    """One version in one form."""

    def __init__(self, dataset: Dataset, form: str, part: str) -> None:
        """Look at every dialogue before the first byte is sent.

        Raises:
            StudioError: `not_checked`, `unknown_format`, `unknown_part`, or `cannot_write` with the
                line of the first dialogue that the form has no words for.
        """
        forms = writable(dataset.kind)
        if form not in forms:
            raise StudioError(
                _("There is no format “%(name)s” to export. Known: %(known)s.")
                % {"name": form[:40], "known": ", ".join(forms)},
                code="unknown_format",
                field="format",
            )
        if part not in PARTS:
            raise StudioError(
                _("part: use all, train or validation."), code="unknown_part", field="part"
            )
        if dataset.state != Dataset.State.READY or not dataset.places_file.is_file():
            raise StudioError(
                _("Check “%(name)s” once more before it is exported.") % {"name": dataset.name},
                code="not_checked",
            )
        self._dataset = dataset
        self._form: Format = FORMATS[form]
        self._part = "" if part == "all" else part
        self._check()

    @property
    def is_table(self) -> bool:
        return self._form.name == "table"

    @property
    def content_type(self) -> str:
        return "text/csv; charset=utf-8" if self.is_table else "application/jsonl; charset=utf-8"

    @property
    def filename(self) -> str:
        part = f"-{self._part}" if self._part else ""
        end = "csv" if self.is_table else "jsonl"
        return f"{self._dataset.name}-v{self._dataset.version}{part}-{self._form.name}.{end}"

    def _check(self) -> None:
        if self._form.name == OWN[self._dataset.kind]:
            return  # it says everything
        for line, record in self._records():
            try:
                self._written(record)
            except CannotWrite as refused:
                raise StudioError(
                    _("%(form)s cannot say what line %(line)s needs: %(what)s. Nothing is sent.")
                    % {"form": self._form.title, "line": f"{line:,}", "what": refused.what},
                    code="cannot_write",
                    field="format",
                ) from refused

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return Dialogues(self._dataset).records(self._part)

    def _written(self, record: dict[str, Any]) -> dict[str, Any]:
        assert self._form.write is not None
        pairs = self._form.kind == PREFERENCE
        written = self._form.write(pair_messages(record) if pairs else record["messages"])
        if "tools" in record:
            if not self._form.tools:
                raise CannotWrite(self._form.title, "which tools may be called")
            self._form.tools_place(written)["tools"] = record["tools"]
        if self._form.name in OWN.values():
            written |= {key: record[key] for key in BESIDE if key in record}
        return written

    def blocks(self) -> Iterator[str]:
        """The file in blocks."""
        block = io.StringIO()
        table = csv.writer(block)
        if self.is_table:
            block.write("\ufeff")
            table.writerow(COLUMNS)
        for number, (_line, record) in enumerate(self._records(), 1):
            written = self._written(record)
            if self.is_table:
                table.writerow([neutralised(written.get(name, "")) for name in COLUMNS])
            else:
                block.write(json.dumps(written, ensure_ascii=False) + "\n")
            if number % BLOCK == 0:
                yield block.getvalue()
                block.seek(0)
                block.truncate()
        yield block.getvalue()


def export_open(dataset: Dataset, form: str, part: str) -> Export:
    """A version in one form, to be sent to somebody; raises as `Export` does."""
    export = Export(dataset, form, part)
    audit_write("data.exported", dataset, format=form)
    return export


def writable(kind: str = DIALOGUES) -> dict[str, Format]:
    """The forms that data of a kind can be written in, by name."""
    known = FORMATS.items()
    return {name: form for name, form in known if form.write is not None and form.kind == kind}
