"""One record mended as far as the doctor's own checks ask for it, and what was done, step by step.

Slips are mended one after the other, each because a check named it. What still has a problem after
a few, or has one that nothing is known against, is not offered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.turns.settling import settled
from finetune.datasets.formats.beside import kept_beside
from finetune.datasets.formats.form import Format
from finetune.datasets.reading.columns import with_lists
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read

from . import turns
from .cells import mended_cells, shown_cells
from .texts import mended_text

Messages = list[dict[str, Any]]
ROUNDS = 8
PARTS = "\n\n---\n\n"  # between the dialogues that one was split into
RECORDS: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "unrecognized_role": (lambda record: turns.in_record(record, turns.roles_named),),
    "message_missing_key": (lambda record: turns.in_record(record, turns.keys_named),),
    "message_unrecognized_key": (lambda record: turns.in_record(record, turns.keys_named),),
    "misplaced_system": (turns.systems_joined,),
    "missing_messages_list": (turns.list_found,),
    "data_type": (turns.list_found,),
}
MESSAGES: dict[str, tuple[Callable[[list[Any]], list[Any] | None], ...]] = {
    "unrecognized_role": (turns.roles_named,),
    "message_missing_key": (turns.keys_named,),
    "message_unrecognized_key": (turns.keys_named, turns.keys_dropped),
    "missing_content": (turns.blanks_dropped,),
    "null_bytes": (turns.halves_dropped,),
    "invalid_unicode": (turns.halves_dropped,),
    "invalid_weight": (turns.weights_plain,),
}


@dataclass(frozen=True)
class Step:
    """What one step did: `what` names it, the texts are what it changed."""

    what: tuple[str, ...]
    before: str
    after: str


@dataclass
class Mended:
    """What a line becomes: usually one dialogue, several where it was too long.

    Attributes:
        beside: what is kept with each, of a line that is read anew (`kept_beside`).
    """

    dialogues: list[Messages] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    beside: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mender:
    """Mends records of one form.

    Attributes:
        form: in which the file was read.
        mapping: which column is what, for tables.
        limits: those of the check.
        tokens: the control tokens that the check looks for.
    """

    form: Format
    mapping: Mapping[str, str]
    limits: Limits
    tokens: ControlTokens

    def of_read(self, read: Read) -> Mended | None:
        """Mend a record as it was read."""
        if read.cells is not None:
            return self.of_cells(read.cells)
        if read.doubt is not None:
            return None
        if isinstance(read.value, RecordProblem):
            return self.of_bytes(read.raw) if read.raw else None
        return self.of_record(read.value)

    def of_cells(self, cells: Mapping[str, str]) -> Mended | None:
        """Mend a broken row of a table."""
        if (found := mended_cells(cells)) is None:
            return None
        record, done = found
        mended = self.of_record(with_lists(record, self.limits))
        if mended is not None:
            mended.steps.insert(0, Step(done, shown_cells(cells), shown_cells(record)))
        return mended

    def of_bytes(self, raw: bytes) -> Mended | None:
        """Mend a record that is no value, or has no place in one."""
        if (found := mended_text(raw, self.limits)) is None:
            return None
        value, text, done = found
        after = _as_typed(value, text)
        shown = _shown_bytes(raw)
        mended = self.of_record(value)
        if mended is None:
            return None
        mended.steps.insert(0, Step(tuple(done), shown, after if "json" in done else text))
        return mended

    def of_record(self, record: Any) -> Mended | None:
        """Mend a record that is a value; one without a problem is handed back as it is."""
        mended, first = Mended(), record
        done: list[str] = []
        for _ in range(ROUNDS):
            try:
                if not isinstance(record, dict):
                    raise RecordProblem("data_type", "no object", "")
                messages, _remarks = settled(self.form.convert(record, self.mapping))
                break
            except RecordProblem as problem:
                changed = _first(RECORDS.get(problem.check, ()), record)
                if changed is None:
                    return None
                record = changed
                done.append(problem.check)
        else:
            return None
        if done:
            mended.steps.append(Step(tuple(done), _pretty(first), _pretty(record)))
        mended.beside = kept_beside(self.form, record, self.mapping)
        return self._checked(messages, mended)

    def of_messages(self, messages: list[Any]) -> Mended | None:
        """Mend a dialogue whose turns are known."""
        return self._checked(messages, Mended())

    def without_tokens(self, messages: Messages) -> Mended | None:
        """A dialogue without the control tokens in its texts."""
        changed = turns.tokens_dropped(messages, self.tokens)
        if changed is None:
            return None
        mended = self._checked(changed, Mended())
        if mended is not None:
            after = PARTS.join(map(_spoken, mended.dialogues))
            mended.steps = [Step(("control_token",), _spoken(messages), after)]
        return mended

    def _checked(self, messages: list[Any], mended: Mended) -> Mended | None:
        first, done = messages, list[str]()
        for _ in range(ROUNDS):
            try:
                mended.dialogues = [check_messages(messages, self.limits)]
                break
            except RecordProblem as problem:
                done.append(problem.check)
                if problem.check == "too_many_turns":
                    if not self._parted(messages, mended):
                        return None
                    break
                changed = _first(MESSAGES.get(problem.check, ()), messages)
                if changed is None:
                    return None
                messages = changed
        else:
            return None
        if done:
            after = PARTS.join(map(_spoken, mended.dialogues))
            mended.steps.append(Step(tuple(dict.fromkeys(done)), _spoken(first), after))
        return mended

    def _parted(self, messages: list[Any], mended: Mended) -> bool:
        if not all(isinstance(one, dict) for one in messages):
            return False
        try:
            mended.dialogues = [
                check_messages(part, self.limits)
                for part in turns.parted(messages, self.limits) or ()
            ]
        except RecordProblem:
            return False
        return bool(mended.dialogues)


def _first(menders: tuple[Callable[[Any], Any], ...], value: Any) -> Any:
    for mender in menders:
        if (changed := mender(value)) is not None and repr(changed) != repr(value):
            return changed
    return None


def _as_typed(value: Any, text: str) -> str:
    """A value as JSON, with blanks and escapes as the text has them: the rest is the difference."""
    separators = None if '": ' in text or "': " in text else (",", ":")
    escaped = text.isascii() and re.search(r"\\u[0-9a-fA-F]{4}", text) is not None
    return json.dumps(value, ensure_ascii=escaped, separators=separators)


def _pretty(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1)


def _shown_bytes(raw: bytes) -> str:
    """Bytes as text; those that are no UTF-8 by their numbers, as \\xe9."""
    return raw.decode("utf-8", "backslashreplace").strip().replace("\0", "\\x00")


def _spoken(messages: list[Any]) -> str:
    """Messages as a person reads them, a turn a paragraph."""
    lines = []
    for one in messages:
        if not isinstance(one, dict):
            lines.append(json.dumps(one, ensure_ascii=False))
            continue
        shown = {"role", "content"} if isinstance(one.get("content"), str) else {"role"}
        rest = {key: value for key, value in one.items() if key not in shown}
        behind = f" {json.dumps(rest, ensure_ascii=False)}" if rest else ""
        text = one["content"] if "content" in shown else ""
        lines.append(f"{one.get('role')}{behind}: {text}")
    return "\n\n".join(lines)
