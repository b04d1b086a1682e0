"""Dialogues as they come in: each checked, then kept and counted, or reported.

Knows nothing of files but the one that kept dialogues are written to.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, TextIO

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Dialogue
from finetune.datasets.doctor.duplicates import Prints, exact_print, exact_text, near_print
from finetune.datasets.doctor.problems import ProblemLog
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import Counts, Tally
from finetune.datasets.formats.calls import as_said, has_calls
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.formats.preference import pair_check, pair_record
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import MemberLine, member_of


class Intake:
    """Takes dialogues one by one; writes those that are kept, one a line.

    Attributes:
        lines: the line of each that was kept.
        near: prints of those that were kept, equal for those with nearly the same words.
        tally: what was kept, in numbers.
    """

    def __init__(
        self,
        file: TextIO,
        log: ProblemLog,
        report: Report,
        limits: Limits,
        counts: Counts,
        control_tokens: ControlTokens,
    ) -> None:
        self._file = file
        self._log = log
        self._report = report
        self._limits = limits
        self._control_tokens = control_tokens
        self._exact = Prints()
        self.lines = array("Q")  # where each dialogue that was kept starts
        self._files: list[MemberLine] = []  # the first line kept of each file of an archive
        self.near = Prints()
        self._asked = bytearray()  # of pairs: prints of what was said before the replies
        self.tally = Tally(counts)

    def take(self, dialogue: Dialogue) -> None:
        """Check one dialogue and keep it, or report what is wrong with it.

        Raises:
            DatasetRefused: `too_many_dialogues`.
        """
        report, line = self._report, dialogue.line
        pairs = self._report.kind == PREFERENCE  # known once the form is recognised
        if dialogue.plain and not pairs:
            messages = dialogue.messages
        else:
            try:
                messages = check_messages(dialogue.messages, self._limits)
                if pairs:
                    pair_check(messages)
            except RecordProblem as problem:
                self._log.error(line, problem, dialogue.place)
                return
        tools = dialogue.beside.get("tools")
        said = messages if dialogue.plain or not has_calls(messages) else as_said(messages)
        text = exact_text(messages, tools)
        exact = exact_print(text)
        if (first := self._exact.add_new(exact)) is not None:
            report.duplicates += 1
            reason = f"the same, letter by letter, as the dialogue in {self._where(first)}"
            self._log.warning(
                line, RecordProblem("duplicate", reason, "Remove it; it is left out.")
            )
            return
        if report.dialogues >= self._limits.max_dialogues:
            raise DatasetRefused(
                "too_many_dialogues",
                f"More than {self._limits.max_dialogues:,} dialogues.",
                "Split the file, or ask the administrator for a higher limit.",
                report.to_dict(),
            )
        near = near_print(said)
        if (first := self.near.add(near)) is not None:
            self._near_duplicate(line, first)
        if self._control_tokens.are_in(text):
            self._control_token(line, said)
        self.lines.append(line)
        if isinstance(line, MemberLine) and line.member not in (
            one.member for one in self._files[-1:]
        ):
            self._files.append(line)
        roles = [message["role"] for message in messages]
        texts = [message["content"] for message in said]
        if tools:
            texts[0] += json.dumps(tools, ensure_ascii=False)  # is read before it
        self.tally.add(texts, roles, dialogue.unused, pair=pairs)
        if pairs:  # those to the same words stand on the same side of the split
            self._asked += near_print(messages[:-2])
        report.dialogues += 1
        report.starts_with_assistant += roles[roles[0] == "system"] == "assistant"
        report.ends_with_user += roles[-1] == "user"
        if len(report.preview) < self._limits.preview:
            shown = [_ordered(one) for one in messages]
            record = pair_record(shown) if pairs else {"messages": shown}
            report.preview.append({"line": int(line), "member": member_of(line), **record})
        if pairs:
            kept = pair_record(messages) | dialogue.beside
            self._file.write(json.dumps(kept, ensure_ascii=False) + "\n")
        else:
            self._file.write(dialogue.written or _written(messages, dialogue))

    @property
    def sides(self) -> bytearray:
        """16 bytes for each that was kept, equal for those that stand on the same side of the
        split."""
        return self._asked if self._report.kind == PREFERENCE else self.near.all

    def _where(self, kept: int) -> str:
        """The place of a dialogue that was kept."""
        line = self.lines[kept]
        if not (before := bisect_right(self._files, line)):
            return f"line {line}"
        first = self._files[before - 1]
        return f"line {MemberLine.of(line, first.number + line - first, first.member)}"

    def _near_duplicate(self, line: int, first: int) -> None:
        self._report.near_duplicates += 1
        remark = RecordProblem(
            "near_duplicate",
            f"nearly the words of the dialogue in {self._where(first)}",
            "It is kept, on the same side of the split. Remove one if they mean the same.",
        )
        self._log.warning(line, remark)

    def _control_token(self, line: int, messages: list[dict[str, Any]]) -> None:
        tokens: dict[str, int] = {}  # and the number of the first message with it
        for number, message in enumerate(messages, 1):
            for token in self._control_tokens.found_in(message["content"]):
                tokens.setdefault(token, number)
        if tokens:
            remark = RecordProblem(
                "control_token",
                f"message {min(tokens.values())} holds text that models use as control tokens: "
                f"{', '.join(list(tokens)[:5])}",
                "It is trained as plain text. Remove it where it was left by an export.",
            )
            self._log.warning(line, remark)


def _literal(text: str) -> str:
    """The text as JSON without escapes for what is beyond ASCII. Where nothing is, the encoder
    that would escape it writes the same in half the time, but for the character 7F."""
    if text.isascii() and "\x7f" not in text:
        return encode_basestring_ascii(text)
    return encode_basestring(text)


def _ordered(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": message["role"], "content": message["content"], **message}


def _written(messages: list[dict[str, Any]], dialogue: Dialogue) -> str:
    """The dialogue's line, as `json.dumps` writes it with `ensure_ascii=False`."""
    if dialogue.beside or not dialogue.plain:
        kept = {"messages": [_ordered(one) for one in messages], **dialogue.beside}
        return json.dumps(kept, ensure_ascii=False) + "\n"
    parts = [
        f'{{"role": "{message["role"]}", "content": {_literal(message["content"])}}}'
        for message in messages
    ]
    return f'{{"messages": [{", ".join(parts)}]}}\n'
