"""What the chat templates of the ready bases make of the dialogues, and how long they become.

The trainer's own code writes them (`finetune.training.dialogues`), with the base's tokenizer and
without torch; so what is said here is what a run will do. Of a large set every n-th is looked at.
"""

from __future__ import annotations

import logging
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from finetune.datasets.findings.process.dialogue import Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Base, Order
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import encode, tool_turns_left_out
from finetune.training.dialogues.lines import dialogue_of
from finetune.training.exceptions import LeftOut

log = logging.getLogger(__name__)
MOST = 2_000
MOST_BASES = 8
ENDLESS = 2**31 - 1
# Lengths that a run may be given: each half as long again, then twice.
CHOICES = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288,
           16384, 32768)  # fmt: skip


class Fit:
    """One base's view of the dialogues."""

    def __init__(self, base: Base, chat: ChatFormat) -> None:
        self.base = base
        self._chat = chat
        self.lengths = array("l")
        self.left_out: Counter[str] = Counter()
        self.reason = ""
        self.tool_turns = 0  # that the template has no words for
        self.tool_dialogues = 0  # that such stand in

    def take(self, record: dict[str, Any]) -> str:
        """Write a dialogue as a run would; return why it, or a part, would be left out."""
        messages = dialogue_of(record)
        try:
            examples = encode(self._chat, messages, sequence_length=ENDLESS)
        except LeftOut as error:
            self.left_out[error.kind] += 1
            self.reason = self.reason or str(error)[:200]
            return error.kind
        self.lengths.append(max(len(example.input_ids) for example in examples))
        if turns := tool_turns_left_out(self._chat, messages):
            self.tool_turns += turns
            self.tool_dialogues += 1
            return "tools"
        return ""

    def values(self) -> dict[str, Any]:
        """Plain values; `cut` has for each length the dialogues that are longer, and the tokens
        that stand behind it."""
        ordered = sorted(self.lengths)
        choices = [one for one in CHOICES if not self.base.positions or one <= self.base.positions]
        return {
            "base": self.base.slug,
            "title": self.base.title,
            "read": len(ordered) + self.left_out.total(),
            "left_out": dict(self.left_out),
            "reason": self.reason,
            "tool_turns": self.tool_turns,
            "tool_dialogues": self.tool_dialogues,
            "tokens": sum(ordered),
            "longest": ordered[-1] if ordered else 0,
            "cut": [
                [choice, sum(n > choice for n in ordered), sum(max(0, n - choice) for n in ordered)]
                for choice in choices
            ],
        }


class TemplateFit(Check):
    """Dialogues that a base's chat template refuses or changes."""

    name = "template_fit"
    most = MOST

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._fits = [
            Fit(base, chat)
            for base in order.bases[:MOST_BASES]
            if (chat := chat_of(base)) is not None
        ]

    def feed(self, dialogue: Dialogue) -> None:
        kinds = {fit.base.title: kind for fit in self._fits if (kind := fit.take(dialogue.record))}
        if kinds:
            title, kind = next(iter(kinds.items()))
            self.point(dialogue, excerpt(dialogue.spoken), f"{kind}: {title}")

    def result(self, told: Told) -> Iterable[Finding]:
        if not self._fits:
            return []
        return [self.finding({"bases": [fit.values() for fit in self._fits]})]


def chat_of(base: Base) -> ChatFormat | None:
    """A base's chat format; None where its tokenizer cannot be loaded: its own page says so."""
    from transformers import AutoTokenizer

    if not (Path(base.source) / "tokenizer.json").is_file():
        return None
    try:
        tokenizer = AutoTokenizer.from_pretrained(base.source, trust_remote_code=False)
        return ChatFormat(tokenizer, None)
    except (OSError, ValueError) as error:
        log.warning("the tokenizer of %s was not loaded: %s", base.slug, error)
        return None
