"""The sides of a comparison: replies of different assistants to one message, and their names.

A conversation has one side (`a`), two or three. Chance says which assistant is on which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.runs.assistants import Assistant

SIDES = ("a", "b", "c")
NAMES = {2: ("Left", "Right"), 3: ("First", "Second", "Third")}
OTHERWISE = {2: ("Both", "Neither"), 3: ("All", "None")}


def side_name(side: str, count: int) -> str:
    """What a side is called among so many; nothing where there is only one."""
    return NAMES[count][SIDES.index(side)] if count in NAMES else ""


def vote_choices(count: int) -> list[tuple[str, str]]:
    """Values and words of a vote between so many sides."""
    if count not in NAMES:
        return []
    return [
        *zip(SIDES, NAMES[count], strict=False),
        *zip(("tie", "neither"), OTHERWISE[count], strict=True),
    ]


def side_fields(assistants: Sequence[Assistant]) -> dict[str, str]:
    """Who is on which side, as columns of a conversation."""
    fields: dict[str, str] = {}
    for side, assistant in zip(SIDES, assistants, strict=False):
        fields[f"assistant_{side}"] = assistant.id
        fields[f"title_{side}"] = assistant.title[:120]
    return fields
