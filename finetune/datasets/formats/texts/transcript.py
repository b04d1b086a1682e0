"""A plain transcript: lines that begin with a name and a colon, by two people in turn."""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.texts.spoken import Spoken, turns_of

from ..form import Columns, Format, Message, Record
from ..turns import SYSTEM_KEYS, merged, with_system
from ..writing import CannotWrite, apart, without_blank_ends, without_neighbours, without_weights
from .marked import key_of, text_of
from .marks import is_marked, no_marks
from .speakers import HELPERS, assistant_among

PEOPLE = {"user": "Person", "assistant": "Assistant"}


def _matches(record: Record) -> bool:
    text = text_of(record)
    if text is None or is_marked(text):
        return False
    before, turns = turns_of(text)
    return not before and len({turn.who for turn in turns}) == 2


def speakers(record: Record) -> list[str]:
    """Who speaks, in order of the first turn."""
    return list(dict.fromkeys(turn.who for turn in turns_of(text_of(record) or "")[1]))


def by_two(turns: list[Spoken], chosen: str | None) -> list[Any]:
    """Messages of two people's turns.

    Args:
        turns: who says what, in order.
        chosen: the name of the assistant; where they have none of this name, it is the one whose
            name says so, else the second one who speaks.

    Raises:
        RecordProblem: they are not two.
    """
    names = list(dict.fromkeys(turn.who for turn in turns))
    if len(names) > 2:
        shown = ", ".join(names)[:80]
        raise RecordProblem(
            "too_many_speakers",
            f"{len(names)} people speak: {shown}",
            "A dialogue is between one person and the assistant: take the others out.",
        )
    if len(names) < 2 and names[:1] != [chosen] and names[0].lower() not in HELPERS:
        raise RecordProblem(
            "example_missing_assistant_message",
            f"only {names[0]!r:.40} speaks",
            "Add the reply that the assistant should give.",
        )
    if chosen not in names:
        chosen = assistant_among(names) or names[-1]
    return merged(
        [
            {"role": "assistant" if turn.who == chosen else "user", "content": turn.words}
            for turn in turns
            if turn.words.strip()
        ]
    )


def _convert(record: Record, columns: Columns) -> list[Any]:
    text = text_of(record)
    before, turns = turns_of(text or "")
    if not turns:
        raise no_marks()
    if before:
        raise RecordProblem(
            "text_between_turns",
            f"words stand before the first name ({before[:40]!r})",
            "Begin with a name and a colon; write a line of three dashes between dialogues.",
        )
    return with_system(record, by_two(turns, columns.get("assistant")))


def _write(messages: list[Message]) -> Record:
    """Person and Assistant, a line for each turn."""
    system, spoken = apart("A transcript", messages)
    if system is not None:
        raise CannotWrite("A transcript", "a system message")
    if len({one["role"] for one in spoken}) < 2:
        raise CannotWrite("A transcript", "a dialogue in which one side is silent")
    without_weights("A transcript", spoken)
    without_blank_ends("A transcript", spoken)
    without_neighbours("A transcript", spoken)
    if any(len(one["content"].split("\n")) != len(one["content"].splitlines()) for one in spoken):
        raise CannotWrite("A transcript", "other line ends than a line feed")
    text = "\n".join(f"{PEOPLE[one['role']]}: {one['content']}" for one in spoken)
    record = {"text": text}
    if _read_otherwise(record, spoken):
        raise CannotWrite("A transcript", "a line that looks like another turn")
    return record


def _read_otherwise(record: Record, spoken: list[Message]) -> bool:
    if is_marked(record["text"]):
        return True
    try:
        back = _convert(record, {})
    except RecordProblem:
        return True
    said = [(one["role"], one["content"]) for one in spoken]
    return [(one["role"], one["content"]) for one in back] != said


TRANSCRIPT = Format(
    "transcript",
    "Transcript",
    "Client: ... Therapist: ... (a line for each turn, an empty line or --- between dialogues)",
    _matches,
    _convert,
    SYSTEM_KEYS,
    write=_write,
    recognised="a `.txt` file, or a `text`, whose lines begin with two names in turn",
    notes="the assistant is who is called so (therapist, counselor, bot, 咨询师, 支持者, …), else "
    "the second speaker; the page says who, and lets you choose",
    speakers=speakers,
    joins=True,
    dialogue_key=key_of,
)
