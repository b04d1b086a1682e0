"""Dialogues as they come in: each checked, then kept and counted, or reported.

Knows nothing of files but the one that kept dialogues are written to.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Dialogue
from finetune.datasets.doctor.duplicates import exact_print, near_print
from finetune.datasets.doctor.problems import ProblemLog, printable
from finetune.datasets.doctor.report import Report
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import member_of

MOST_KEYS = 100  # different keys beside the dialogue that are named


class Intake:
    """Takes dialogues one by one; writes those that are kept, one a line.

    Attributes:
        near_prints: 16 bytes for each that was kept, equal for those with nearly the same words.
        tally: what was kept, in numbers.
    """

    def __init__(
        self,
        file: TextIO,
        log: ProblemLog,
        report: Report,
        limits: Limits,
        tokens: Callable[[str], int],
        control_tokens: ControlTokens,
    ) -> None:
        self._file = file
        self._log = log
        self._report = report
        self._limits = limits
        self._control_tokens = control_tokens
        self._exact: dict[bytes, int] = {}  # print -> line of the first dialogue with it
        self._near: dict[bytes, int] = {}
        self.near_prints = bytearray()
        self.tally = Tally(tokens)

    def take(self, dialogue: Dialogue) -> None:
        """Check one dialogue and keep it, or report what is wrong with it.

        Raises:
            DatasetRefused: `too_many_dialogues`.
        """
        report, line = self._report, dialogue.line
        try:
            messages = check_messages(dialogue.messages, self._limits)
        except RecordProblem as problem:
            self._log.error(line, problem)
            return
        exact, near = exact_print(messages), near_print(messages)
        if exact in self._exact:
            report.duplicates += 1
            reason = f"the same, letter by letter, as the dialogue in line {self._exact[exact]}"
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
        for remark in (*self._near_duplicate(near), *self._control_token(messages)):
            self._log.warning(line, remark)
        self._exact[exact] = line
        self._near.setdefault(near, line)
        self.near_prints += near
        self.tally.add(messages, dialogue.unused)
        report.dialogues += 1
        spoken = [message for message in messages if message["role"] != "system"]
        report.starts_with_assistant += spoken[0]["role"] == "assistant"
        report.ends_with_user += spoken[-1]["role"] == "user"
        if len(report.preview) < self._limits.preview:
            report.preview.append(
                {"line": int(line), "member": member_of(line), "messages": messages}
            )
        self._file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")

    def _near_duplicate(self, near: bytes) -> Iterator[RecordProblem]:
        if near in self._near:
            self._report.near_duplicates += 1
            yield RecordProblem(
                "near_duplicate",
                f"nearly the words of the dialogue in line {self._near[near]}",
                "It is kept, on the same side of the split. Remove one if they mean the same.",
            )

    def _control_token(self, messages: list[dict[str, Any]]) -> Iterator[RecordProblem]:
        tokens: dict[str, int] = {}  # and the number of the first message with it
        for number, message in enumerate(messages, 1):
            for token in self._control_tokens.found_in(message["content"]):
                tokens.setdefault(token, number)
        if tokens:
            yield RecordProblem(
                "control_token",
                f"message {min(tokens.values())} holds text that models use as control tokens: "
                f"{', '.join(list(tokens)[:5])}",
                "It is trained as plain text. Remove it where it was left by an export.",
            )


class Tally:
    """Numbers of the dialogues that are kept.

    Attributes:
        turns: messages of each dialogue, in order.
        tokens: tokens of each dialogue, in order.
    """

    def __init__(self, tokens_of: Callable[[str], int]) -> None:
        self._tokens_of = tokens_of
        self._roles: Counter[str] = Counter()
        self._unused: Counter[str] = Counter()
        self.turns = array("l")
        self.tokens = array("l")

    def add(self, messages: list[dict[str, Any]], unused: Iterable[str]) -> None:
        self.turns.append(len(messages))
        self.tokens.append(sum(self._tokens_of(message["content"]) for message in messages))
        self._roles.update(message["role"] for message in messages)
        for key in unused:  # as they are counted: printable, and not without end
            name = printable(key[:60])
            known = name in self._unused or len(self._unused) < MOST_KEYS
            self._unused[name if known else "(other keys)"] += 1

    def fill(self, report: Report) -> None:
        """Write the sums into the report."""
        report.roles = dict(self._roles)
        report.unused = [
            {"key": key, "records": count} for key, count in self._unused.most_common()
        ]
        report.turns = sum(self.turns)
        report.tokens = sum(self.tokens)
        report.measure(self.tokens.tolist())
