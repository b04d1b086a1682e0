"""What a form of dialogue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Record = dict[str, Any]
Columns = Mapping[str, str]  # role, "context" or "group" -> column; of people: role -> speaker
DIALOGUES, PREFERENCE = "dialogues", "preference"  # kinds of data


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
        dialogue_key: of a form that looks under several keys, under which one of them a record's
            dialogue stands.
        turn_keys: keys of a turn that its message is made of, where turns are objects.
        write: messages as the check keeps them -> a record from which `convert` makes the same
            messages; raises `CannotWrite` where this form has no words for something. None for a
            form that is only read.
        recognised: by what a record is recognised, for the documentation (Markdown).
        notes: what else is to be said of it there.
        speakers: of a form whose turns are people's: who speaks in a record, in order.
        sides: of a form whose two sides have several names: which of them a record has.
        joins: whether turns of one side in a row are read as one.
        consent: whether people write in it who have to be asked first.
        inner_keys: keys that are used of objects under `keys`, where those are looked into.
        tools: whether calls of tools are read and written.
        tools_under: key of the object with `tools`, of such a form; empty: the record itself.
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
    write: Callable[[list[Message]], Record] | None = None
    recognised: str = ""
    notes: str = ""
    speakers: Callable[[Record], list[str]] | None = None
    sides: Callable[[Record], tuple[str, str]] | None = None
    joins: bool = False
    consent: bool = False
    dialogue_key: Callable[[Record], str] | None = None
    inner_keys: tuple[str, ...] = ()
    tools: bool = False
    tools_under: str = ""
    kind: str = DIALOGUES

    def tools_place(self, record: Record) -> Record:
        """The object of a record in which `tools` stands, read and written."""
        place: Record = record[self.tools_under] if self.tools_under else record
        return place
