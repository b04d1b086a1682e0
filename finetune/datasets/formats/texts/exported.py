"""A messenger's chat, WhatsApp's or Telegram's, in sessions; read only with everybody's consent."""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.texts.spoken import Spoken

from ..form import Columns, Format, Record
from ..turns import object_check, turn_list
from .transcript import by_two


def _matches(record: Record) -> bool:
    chat = record.get("chat")
    first = chat[0] if isinstance(chat, list) and chat else None
    return isinstance(first, dict) and set(first) == {"from", "text"}


def _turns(record: Record) -> list[Spoken]:
    turns = []
    for index, turn in enumerate(turn_list(record, "chat"), 1):
        object_check(index, turn)
        if not isinstance(turn.get("from"), str) or not isinstance(turn.get("text"), str):
            raise RecordProblem(
                "message_missing_key",
                f"turn {index} lacks 'from' or 'text'",
                "Add what is missing.",
            )
        turns.append(Spoken(turn["from"], turn["text"]))
    return turns


def speakers(record: Record) -> list[str]:
    """Who writes, in order of the first message."""
    return list(dict.fromkeys(turn.who for turn in _turns(record)))


def _convert(record: Record, columns: Columns) -> list[Any]:
    return by_two(_turns(record), columns.get("assistant"))


EXPORTED = Format(
    "chat_export",
    "Chat export",
    "WhatsApp's exported chat (.txt) or Telegram's result.json, one chat",
    _matches,
    _convert,
    ("chat",),
    recognised="WhatsApp's lines with date and name, or Telegram's messages",
    notes="only after you have stated that everybody who writes in it agreed, and chosen who the "
    "assistant is; a pause (six hours, or yours) begins another dialogue, phone numbers for names "
    "become “Person 1”, pictures and notices are left out and counted",
    speakers=speakers,
    joins=True,
    consent=True,
)
