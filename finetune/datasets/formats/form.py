"""What a form of dialogue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Record = dict[str, Any]
DIALOGUES, PREFERENCE = "dialogues", "preference"  # kinds of data
Columns = Mapping[str, str]  # of a table: role, "context" or "group" -> column


@dataclass(frozen=True)
class Format:
    """One form of dialogue.

    Attributes:
        name: key in the registry.
        title: what people call it.
        help: an example in one line.
        matches: whether a record looks like this form.
        convert: record and column mapping -> messages, not checked yet; raises a `RecordProblem`
            rather than leave anything of them out.
        keys: keys of a record that its messages are made of; those of a table are its mapping's.
        turn_keys: keys of a turn that its message is made of, where turns are objects.
        inner_keys: keys that are used of objects under `keys`, where those are looked into.
        kind: what a record is: a dialogue, or a `preference`, whose messages are what was said
            before, the reply that was preferred, and the one that was not.
    """

    name: str
    title: str
    help: str
    matches: Callable[[Record], bool]
    convert: Callable[[Record, Columns], list[Any]]
    keys: tuple[str, ...] = ()
    turn_keys: tuple[str, ...] = ()
    inner_keys: tuple[str, ...] = ()
    kind: str = DIALOGUES
