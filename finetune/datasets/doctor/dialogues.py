"""From records to dialogues: each converted, rows of one conversation put together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.problems import NOWHERE, Log, Place
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.turns.plain import is_plain
from finetune.datasets.doctor.turns.settling import settled
from finetune.datasets.formats.apis.openai import MESSAGES
from finetune.datasets.formats.beside import kept_beside
from finetune.datasets.formats.form import PREFERENCE, Format
from finetune.datasets.formats.registry import detect, unused
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read
from finetune.text import is_formula


@dataclass(slots=True)
class Dialogue:
    """One dialogue, not checked yet, and the keys that stand beside it in its records.

    Attributes:
        line: where its first record starts.
        messages: what it says.
        unused: keys of which nothing is made.
        beside: what is kept with it: tags, the person, tools, where it comes from.
        place: first byte and bytes of its first record.
        plain: whether the checks would find nothing (`is_plain`).
        written: its line as it is kept, where it stood so in the file.
    """

    line: int
    messages: list[Any]
    unused: list[str]
    beside: dict[str, Any] = field(default_factory=dict)
    place: Place = NOWHERE
    plain: bool = False
    written: str = ""


class Conversion:
    """One file's records on their way to dialogues; what is left out is taken down."""

    def __init__(self, form: Format, report: Report, limits: Limits, log: Log) -> None:
        self._form = form
        self._report = report
        people = {"assistant": report.assistant} if report.assistant else {}
        self._mapping: Mapping[str, str] = people or report.mapping
        self._limits = limits
        self._log = log
        self._groups: set[bytes] = set()
        self._is_own = form is MESSAGES
        self._has_cells = report.container in ("csv", "xlsx")

    def dialogues(self, records: Iterable[Read]) -> Iterator[Dialogue]:
        """Yield the dialogues of the records."""
        column = self._mapping.get("group")
        converted = self._converted(records)
        if column is None:
            yield from (dialogue for _, dialogue in converted)
            return
        pending: Dialogue | None = None
        group = ""
        for record, row in converted:
            key = str(record.get(column, ""))
            room = pending is not None and len(pending.messages) < self._limits.max_turns * 2
            if pending and key and key == group and room:
                self._continue(pending, row)
                continue
            if pending:
                yield pending
            pending, group = row, key
            self._note_group(key, row.line)
        if pending:
            yield pending

    def _converted(self, records: Iterable[Read]) -> Iterator[tuple[dict[str, Any], Dialogue]]:
        """Yield the records that can be converted, each with what it became."""
        for read in records:
            try:
                yield read.value, self._dialogue(read)
            except RecordProblem as problem:
                place = (read.start, read.size)
                self._log.error(read.line, self._other_kind(read.value) or problem, place)

    def _other_kind(self, record: Any) -> RecordProblem | None:
        """Why a record cannot be read that is of another kind than the file's."""
        form = detect(record) if isinstance(record, dict) else None
        if form is None or form.kind == self._form.kind:
            return None
        pair, pairs = "a pair of replies, one preferred", "pairs of replies"
        one, others = (
            (pair, "dialogues") if form.kind == PREFERENCE else ("a dialogue without a pair", pairs)
        )
        return RecordProblem(
            "mixed_kinds",
            f"it is {one} ({form.title}), and most of the file's first records are {others}",
            "Put the two kinds into files of their own.",
        )

    def _dialogue(self, read: Read) -> Dialogue:
        record = read.value
        if isinstance(record, RecordProblem):
            raise record
        if not isinstance(record, dict):
            raise RecordProblem(
                "data_type",
                f"a {type(record).__name__} where an object is needed",
                f"Write {self._form.help}",
            )
        if self._is_own and len(record) == 1 and read.doubt is None and not read.remarks:
            own: Any = record.get("messages")
            most = self._limits.max_turns
            if (read.written and len(own) <= most) or is_plain(own, most):  # nothing to convert
                place = (read.start, read.size)
                return Dialogue(read.line, own, [], {}, place, True, read.written)
        for remark in (*self._formulas(record), *read.remarks):
            self._log.warning(read.line, remark)
        messages = self._form.convert(record, self._mapping)
        if read.doubt is None and is_plain(messages, self._limits.max_turns):
            return self._taken(read, messages, plain=True)
        messages, remarks = settled(messages)
        for remark in remarks:
            self._log.warning(read.line, remark)
        if read.doubt is not None:
            self._doubt(read.line, read.doubt, messages)
        return self._taken(read, messages)

    def _taken(self, read: Read, messages: list[Any], plain: bool = False) -> Dialogue:
        record, place = read.value, (read.start, read.size)
        named = list(unused(self._form, record, self._mapping))
        beside = kept_beside(self._form, record, self._mapping)
        return Dialogue(read.line, messages, named, beside, place, plain)

    def _formulas(self, record: Mapping[str, Any]) -> Iterator[RecordProblem]:
        if not self._has_cells:
            return
        name = next(
            (name for name, cell in record.items() if isinstance(cell, str) and is_formula(cell)),
            None,
        )
        if name is not None:
            yield RecordProblem(
                "formula",
                f"the cell {name!r:.60} starts like a spreadsheet formula",
                "It is kept as text; exports put a quotation mark before it.",
            )

    def _doubt(self, line: int, doubt: RecordProblem, messages: list[Any]) -> None:
        """Leave a record out that looks well but is not to be trusted.

        Raises:
            RecordProblem: the doubt, or what is wrong with the messages themselves.
        """
        try:
            check_messages(messages, self._limits)
        except RecordProblem:
            self._log.warning(line, doubt)
            raise
        raise doubt

    def _continue(self, dialogue: Dialogue, row: Dialogue) -> None:
        """Add a further row of the same conversation; its system text is that of the first one."""
        for message in row.messages:
            if message["role"] != "system":
                dialogue.messages.append(message)
            elif message != dialogue.messages[0]:
                note = RecordProblem(
                    "another_system",
                    "the row has another system text than the conversation's first row",
                    "Give all rows of a conversation the same; that of the first one is used.",
                )
                self._log.warning(row.line, note)
        dialogue.unused += row.unused
        dialogue.plain, dialogue.written = False, ""

    def _note_group(self, key: str, line: int) -> None:
        mark = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8]
        if key and mark in self._groups:
            note = RecordProblem(
                "group_not_together",
                f"the conversation {key!r:.60} continues after others",
                "Sort the table by conversation; these rows became a dialogue of their own.",
            )
            self._log.warning(line, note)
        self._groups.add(mark)
