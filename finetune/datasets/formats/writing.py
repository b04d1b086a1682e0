"""What writers share: taking a dialogue apart, and refusing what a form has no words for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from .calls import has_calls, of_tools
from .form import Message

ROLES = ("system", "user", "assistant")


class CannotWrite(Exception):
    """A form has no words for something in a dialogue.

    Attributes:
        form: what people call the form.
        what: what it cannot say, as a noun.
    """

    def __init__(self, form: str, what: str) -> None:
        self.form = form
        self.what = what
        super().__init__(f"{form} cannot say {what}.")


def weight_of(message: Message) -> int:
    """Whether a message is learned: 0 only where a reply is kept out of the loss."""
    return int(message.get("weight", 1)) if message["role"] == "assistant" else 1


def plain(message: Message) -> Message:
    """Role and content, calls of tools, and the weight where it says something."""
    kept = {"role": message["role"], "content": message["content"]}
    kept |= of_tools(message)
    return kept if weight_of(message) else {**kept, "weight": 0}


def apart(form: str, messages: list[Message]) -> tuple[str | None, list[Message]]:
    """The system text, and the turns behind it.

    Raises:
        CannotWrite: there is no turn, a tool is called, or a system message stands behind the
            first turn.
    """
    without_calls(form, messages)
    start = 1 if messages and messages[0]["role"] == "system" else 0
    spoken = messages[start:]
    if not spoken:
        raise CannotWrite(form, "a dialogue without turns")
    if any(message["role"] == "system" for message in spoken):
        raise CannotWrite(form, "a system message behind the first turn")
    return messages[0]["content"] if start else None, spoken


def without_calls(form: str, messages: list[Message]) -> None:
    """Raises CannotWrite: a tool is called or answers."""
    if has_calls(messages):
        raise CannotWrite(form, "calls of tools")


def without_weights(form: str, messages: Iterable[Message]) -> None:
    """Raises CannotWrite: a reply is not to be learned."""
    if any(not weight_of(message) for message in messages):
        raise CannotWrite(form, "that a reply is not to be learned (weight 0)")


def without_blank_ends(form: str, messages: Iterable[Message]) -> None:
    """Raises CannotWrite: a text begins or ends with blanks, which reading takes away."""
    if any(message["content"] != message["content"].strip() for message in messages):
        raise CannotWrite(form, "blanks at the beginning or the end of a turn")


def without_neighbours(form: str, spoken: list[Message]) -> None:
    """Raises CannotWrite: one side speaks twice in a row, which reading makes one turn of."""
    for before, after in pairwise(spoken):
        if before["role"] == after["role"] and weight_of(before) == weight_of(after):
            raise CannotWrite(form, "two turns of one side in a row")


def exchanges(form: str, spoken: list[Message]) -> list[tuple[Message, Message]]:
    """Turns in pairs of a person's and the assistant's.

    Raises:
        CannotWrite: they are none.
    """
    roles = [message["role"] for message in spoken]
    if roles != ["user", "assistant"] * (len(roles) // 2):
        raise CannotWrite(form, "anything but a question and its reply, in turn")
    return list(zip(spoken[0::2], spoken[1::2], strict=True))


def beside(system: str | None) -> dict[str, str]:
    """The key that holds a record's own system text."""
    return {} if system is None else {"system": system}
