"""What leaves: released text of one reply, or of one of several, and how each ends."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from chat.engine.client import Usage
from chat.safety.library import ReviewedReply

Words = str | Promise
RESTARTING = gettext_lazy("waits for the engine, which is starting again…")
NEXT = gettext_lazy("is next…")
BEFORE = gettext_lazy("waits; {number} before it…")
UNJUDGED = "unjudged"
FILTERED = "content_filter"  # OpenAI's word for a reply from which something was left out


@dataclass(frozen=True)
class Spoken:
    """A step of a reply. One without anything says that the reply is being written.

    Attributes:
        text: words that may be shown, in the order in which they are to be read.
        index: of which of several replies.
        finish_reason: with the last step of a reply; `content_filter` where a reviewed reply
            stands in for what the model wrote.
        reviewed: whose words this step's text is, if it is the library's.
        usage: with the last step of all.
        held: the class of a sentence that was held back here, or `unjudged`; no word of it.
        ahead: how many stand before this one in the engine's queue; None: it does not wait.
    """

    text: str = ""
    index: int = 0
    finish_reason: str | None = None
    reviewed: ReviewedReply | None = None
    usage: Usage | None = None
    held: str = ""
    ahead: int | None = None

    @property
    def waits(self) -> Words:
        """What stands beside a reply that waits in the engine's queue; empty if it does not.

        Each page says it in its own language.
        """
        if self.ahead is None:
            return ""
        if not self.ahead:
            return NEXT
        return format_lazy(BEFORE, number=self.ahead)


def as_paragraph(released: str, words: str) -> str:
    """Words as they have to be sent to stand behind others as a paragraph of their own."""
    if not released.strip():
        return words
    breaks = len(released) - len(released.rstrip("\n"))
    return "\n" * max(0, 2 - breaks) + words


def as_going_on(released: str, words: str) -> str:
    """The first words of a new draft as they have to be sent behind those of an earlier one."""
    words = words.lstrip()
    together = not released or released[-1].isspace() or not (released[-1] + words[:1]).isascii()
    return words if together else f" {words}"
