"""The sides of a comparison: replies of different assistants to one message, and their names.

A conversation has one side (`a`), two or three. Chance says which assistant is on which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from finetune.runs.assistants import Assistant

SIDES = ("a", "b", "c")
NAMES = {
    2: (pgettext_lazy("reply", "Left"), pgettext_lazy("reply", "Right")),
    3: (
        pgettext_lazy("reply", "First"),
        pgettext_lazy("reply", "Second"),
        pgettext_lazy("reply", "Third"),
    ),
}
OTHERWISE = {
    2: (pgettext_lazy("replies", "Both"), pgettext_lazy("replies", "Neither")),
    3: (pgettext_lazy("replies", "All"), pgettext_lazy("replies", "None")),
}


def side_name(side: str, count: int) -> str:
    """What a side is called among so many, in the page's language; nothing where it is alone."""
    return str(NAMES[count][SIDES.index(side)]) if count in NAMES else ""


def vote_choices(count: int) -> list[tuple[str, str]]:
    """Values and words of a vote between so many sides."""
    if count not in NAMES:
        return []
    named = (*NAMES[count], *OTHERWISE[count])
    values = (*SIDES[:count], "tie", "neither")
    return [(value, str(words)) for value, words in zip(values, named, strict=True)]


def side_fields(assistants: Sequence[Assistant]) -> dict[str, str]:
    """Who is on which side, as columns of a conversation."""
    fields: dict[str, str] = {}
    for side, assistant in zip(SIDES, assistants, strict=False):
        fields[f"assistant_{side}"] = assistant.id
        fields[f"title_{side}"] = assistant.title[:120]
    return fields
