"""The newest turns that fit into what a model can read, and what is left out. Knows no rows.

There is no tokenizer in the web process, so lengths are estimated on the safe side; the engine has
the last word (`context_length_exceeded`), and then one more turn goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chat.context.background import background
from chat.notes.quoting import Said

WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
TOKENS_PER_MESSAGE = 6
ENGINE_CONTEXT = 4096
MOST_BACKGROUND = 160  # tokens: a few sentences, of which a small model can make something
BACKGROUND_PART = 8  # it may take so much less than the room for turns

ChatMessage = dict[str, str]


def estimated_tokens(text: str) -> int:
    """An upper guess: two and a half tokens per wide sign, one per three others."""
    wide = len(WIDE.findall(text))
    return int(2.5 * wide + (len(text) - wide) / 3) + TOKENS_PER_MESSAGE


@dataclass(frozen=True)
class PromptTurn:
    """One turn as a model is sent it.

    Attributes:
        number: of the person's first message in it, from 1.
        messages: what was said, with roles that take turns.
        own: what may be quoted of the person once the turn no longer fits.
    """

    number: int
    messages: list[ChatMessage]
    own: tuple[Said, ...] = ()

    @property
    def tokens(self) -> int:
        return sum(estimated_tokens(message["content"]) for message in self.messages)


@dataclass(frozen=True)
class Window:
    """What is sent of a talk: the newest turns, and words about those before them.

    Attributes:
        system: the assistant's own instruction. One without any was trained so, and is told
            nothing.
        room: estimated tokens for turns and background together.
    """

    system: str
    turns: Sequence[PromptTurn]
    left_out: Sequence[PromptTurn] = ()
    room: int = 0

    @classmethod
    def fitting(
        cls, turns: Sequence[PromptTurn], system: str, *, positions: int, reply: int
    ) -> Window:
        """The newest turns that fit beside the system prompt and a reply; the last one always.

        Args:
            positions: how many tokens the model reads; 0 for unknown.
            reply: how many tokens the reply may have.
        """
        room = min(positions or ENGINE_CONTEXT, ENGINE_CONTEXT) - reply - estimated_tokens(system)
        window = cls(system, turns, (), room)
        kept = fitting(turns, room)
        if kept == len(turns):
            return window
        if system.strip():
            kept = fitting(turns, room - window.budget)
        return replace(window, turns=turns[-kept:], left_out=turns[:-kept])

    @property
    def budget(self) -> int:
        """The most that the background may take."""
        return max(0, min(MOST_BACKGROUND, self.room // BACKGROUND_PART))

    @property
    def can_narrow(self) -> bool:
        return len(self.turns) > 1

    def narrowed(self) -> Window:
        """The same with one turn fewer, for an engine that counted otherwise."""
        return replace(self, turns=self.turns[1:], left_out=[*self.left_out, self.turns[0]])

    @property
    def reads_from(self) -> int | None:
        """The first turn that is read; None where nobody reads."""
        return self.turns[0].number if self.turns else None

    @cached_property
    def told(self) -> str:
        """What stands behind the system prompt about the turns that are left out."""
        if not self.system.strip():
            return ""
        own = [said for turn in self.left_out for said in turn.own]
        return background(own, lambda text: estimated_tokens(text) <= self.budget)

    def prompt(self) -> list[ChatMessage]:
        words = f"{self.system.rstrip()}\n\n{self.told}" if self.told else self.system
        head = [{"role": "system", "content": words}] if words.strip() else []
        return head + [message for turn in self.turns for message in turn.messages]


def fitting(turns: Sequence[PromptTurn], room: int) -> int:
    """How many of the newest turns fit; one at least."""
    kept = 0
    for turn in reversed(turns):
        room -= turn.tokens
        if room < 0 and kept:
            break
        kept += 1
    return kept
