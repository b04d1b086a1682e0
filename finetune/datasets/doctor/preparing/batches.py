"""What comes of reading: dialogues that are right by themselves, and remarks, in the order of the
file, some hundred at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Dialogue
from finetune.datasets.doctor.duplicates import exact_print, exact_text, near_print
from finetune.datasets.doctor.preparing.written import record_line
from finetune.datasets.doctor.problems import NOWHERE, Place, Remark
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import Counts
from finetune.datasets.formats.calls import as_said, has_calls
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.formats.preference import pair_check
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import Read

BATCH_LETTERS = 1 << 18  # counted together, so that the tokenizer uses every core
BATCH_REMARKS = 1 << 10


class Prepared(NamedTuple):
    """A dialogue that is right by itself.

    Attributes:
        line: where it starts.
        exact: 16 bytes, equal for dialogues from which the same is learned.
        near: 16 bytes, equal for those with nearly the same words.
        asked: of a pair, 16 bytes of what was said before the replies; else empty.
        roles: those of its messages, a blank between each two.
        unused: keys of which nothing was made.
        control_token: what is to be said of control tokens in it.
        written: its line as it is kept.
    """

    line: int
    exact: bytes
    near: bytes
    asked: bytes
    roles: str
    unused: list[str]
    control_token: RecordProblem | None
    written: str


class Batch(NamedTuple):
    """A piece of the file.

    Attributes:
        records: in it, good and bad.
        found: dialogues and remarks, in order.
        tokens: of each of the dialogues; of a pair, of the longer of the two.
        ends: whether whoever has a share of the file is at the end of a block.
    """

    records: int
    found: list[Remark | Prepared]
    tokens: list[int]
    ends: bool


class Preparing:
    """Takes dialogues and remarks one by one, and sends batches of what they come to.

    Args:
        send: takes a batch.
        report: of the file; its kind is known when the first dialogue comes.
        limits: bounds of a dialogue.
        counts: counts tokens.
        control_tokens: what to look for.
    """

    def __init__(
        self,
        send: Callable[[Batch], None],
        report: Report,
        limits: Limits,
        counts: Counts,
        control_tokens: ControlTokens,
    ) -> None:
        self._send = send
        self._report = report
        self._limits = limits
        self._counts = counts
        self._control_tokens = control_tokens
        self._records = 0  # that were not sent
        self._found: list[Remark | Prepared] = []
        self._texts: list[str] = []  # of the dialogues in it
        self._turns: list[int] = []
        self._letters = 0

    def counted(self, records: Iterable[Read]) -> Iterator[Read]:
        """The same records, counted when they are taken."""
        for read in records:
            self._records += 1
            yield read

    def error(self, line: int, problem: RecordProblem, place: Place = NOWHERE) -> None:
        """A record is left out; it stands at this place."""
        self._remark(Remark(line, problem, True, place))

    def warning(self, line: int, problem: RecordProblem) -> None:
        """A record deserves a look."""
        self._remark(Remark(line, problem, False, NOWHERE))

    def _remark(self, remark: Remark) -> None:
        self._found.append(remark)
        if len(self._found) >= BATCH_REMARKS:
            self.flush()

    def take(self, dialogue: Dialogue) -> None:
        """Check one dialogue."""
        pairs = self._report.kind == PREFERENCE
        if dialogue.plain and not pairs:
            messages = dialogue.messages
        else:
            try:
                messages = check_messages(dialogue.messages, self._limits)
                if pairs:
                    pair_check(messages)
            except RecordProblem as problem:
                self.error(dialogue.line, problem, dialogue.place)
                return
        tools = dialogue.beside.get("tools")
        said = messages if dialogue.plain or not has_calls(messages) else as_said(messages)
        text = exact_text(messages, tools)
        noted = self._control_tokens.are_in(text)
        prepared = Prepared(
            dialogue.line,
            exact_print(text),
            near_print(said),
            near_print(messages[:-2]) if pairs else b"",
            " ".join([message["role"] for message in messages]),
            dialogue.unused,
            self._control_token(said) if noted else None,
            dialogue.written or record_line(messages, dialogue, pairs),
        )
        self._found.append(prepared)
        texts = [message["content"] for message in said]
        if tools:
            texts[0] += json.dumps(tools, ensure_ascii=False)  # is read before it
        self._texts += texts
        self._turns.append(len(texts))
        self._letters += len(text)
        if self._letters > BATCH_LETTERS:
            self.flush()

    def flush(self, ends: bool = False) -> None:
        """Send what was not sent yet.

        Args:
            ends: whether a block of the file ends here.
        """
        self._send(Batch(self._records, self._found, self._tokens(), ends))
        self._records = 0
        self._found, self._texts, self._turns, self._letters = [], [], [], 0

    def _tokens(self) -> list[int]:
        counts = self._counts(self._texts)
        pairs = self._report.kind == PREFERENCE
        tokens, start = [], 0
        for turns in self._turns:
            each = counts[start : start + turns]
            start += turns
            tokens.append(sum(each) - (min(each[-2:]) if pairs else 0))
        return tokens

    def _control_token(self, messages: list[dict[str, Any]]) -> RecordProblem | None:
        tokens: dict[str, int] = {}  # and the number of the first message with it
        for number, message in enumerate(messages, 1):
            for token in self._control_tokens.found_in(message["content"]):
                tokens.setdefault(token, number)
        if not tokens:
            return None
        return RecordProblem(
            "control_token",
            f"message {min(tokens.values())} holds text that models use as control tokens: "
            f"{', '.join(list(tokens)[:5])}",
            "It is trained as plain text. Remove it where it was left by an export.",
        )
