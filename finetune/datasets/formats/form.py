"""What a form of dialogue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Record = dict[str, Any]
Columns = Mapping[str, str]  # role, "context" or "group" -> column; of people: role -> speaker


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
        write: messages as the check keeps them -> a record from which `convert` makes the same
            messages; raises `CannotWrite` where this form has no words for something. None for a
            form that is only read.
        recognised: by what a record is recognised, for the documentation (Markdown).
        notes: what else is to be said of it there.
        speakers: of a form whose turns are people's: who speaks in a record, in order.
        consent: whether people write in it who have to be asked first.
    """

    name: str
    title: str
    help: str
    matches: Callable[[Record], bool]
    convert: Callable[[Record, Columns], list[Any]]
    keys: tuple[str, ...] = ()
    turn_keys: tuple[str, ...] = ()
    write: Callable[[list[Message]], Record] | None = None
    recognised: str = ""
    notes: str = ""
    speakers: Callable[[Record], list[str]] | None = None
    consent: bool = False
