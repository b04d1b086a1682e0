"""What was said so far, as the browser holds it: read, cut to a bound, written back.

Whoever sends it could have changed it, as with the API; it decides about their own talk alone.
Knows nothing of Django.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chat.context.window import PromptTurn
from chat.notes.quoting import Said

LONGEST = 60_000  # characters; the oldest turns go. Also below what a server would spool to disk
LONGEST_SENT = 4 * LONGEST
NO_TIME = datetime.min  # a page sends no times along


class Unreadable(ValueError):
    """It is not what a page of ours has sent."""


@dataclass(frozen=True)
class Exchange:
    """One message of the person with what followed it.

    Attributes:
        card: key and language of the card above the reply; empty for none.
        quiet: the line in place of a card.
        notice: the notice before the message.
        unread: whether the reply was written without the beginning of the talk.
        told: what its assistant was told of that.
    """

    said: str
    reply: str
    card: tuple[str, str] | None = None
    quiet: str = ""
    notice: str = ""
    unread: bool = False
    told: str = ""

    @property
    def concerned_policy(self) -> bool:
        """Whether something was shown beside the message."""
        return bool(self.card or self.quiet)


def read(text: str) -> list[Exchange]:
    """Raises `Unreadable`."""
    if not text:
        return []
    if len(text) > LONGEST_SENT:
        raise Unreadable("too long")
    try:
        entries = json.loads(text)
        exchanges = [exchange_of(entry) for entry in entries]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    return within(exchanges)


STRINGS = ("said", "reply", "quiet", "notice", "told")


def exchange_of(entry: object) -> Exchange:
    if not isinstance(entry, dict):
        raise TypeError("an exchange has named parts")
    strings = {name: entry.get(name, "") for name in STRINGS}
    if not all(isinstance(value, str) for value in strings.values()):
        raise TypeError("words are text")
    card = entry.get("card")
    if card is not None:
        if (
            not isinstance(card, list)
            or len(card) != 2
            or not all(isinstance(x, str) for x in card)
        ):
            raise TypeError("a card has a key and a language")
        card = (card[0], card[1])
    return Exchange(card=card, unread=entry.get("unread") is True, **strings)


def within(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The newest ones that fit into the bound; the last one always."""
    kept: list[Exchange] = []
    room = LONGEST
    for exchange in reversed(exchanges):
        room -= sum(len(getattr(exchange, name)) for name in STRINGS)
        if room < 0 and kept:
            break
        kept.insert(0, exchange)
    return kept


def written(exchanges: Sequence[Exchange]) -> str:
    return json.dumps([entry_of(exchange) for exchange in exchanges], ensure_ascii=False)


def entry_of(exchange: Exchange) -> dict[str, object]:
    entry: dict[str, object] = {"said": exchange.said, "reply": exchange.reply}
    if exchange.card:
        entry["card"] = list(exchange.card)
    if exchange.quiet:
        entry["quiet"] = exchange.quiet
    if exchange.notice:
        entry["notice"] = exchange.notice
    if exchange.unread:
        entry |= {"unread": True, "told": exchange.told}
    return entry


def turns_of(exchanges: Sequence[Exchange]) -> list[PromptTurn]:
    """Turns as a model is sent them: what had no reply is joined to what was said next."""
    turns = []
    waiting: list[Exchange] = []
    for number, exchange in enumerate(exchanges, 1):
        waiting.append(exchange)
        if not exchange.reply.strip() and number < len(exchanges):
            continue
        said = "\n\n".join(one.said for one in waiting)
        messages = [{"role": "user", "content": said}]
        if exchange.reply.strip():
            messages.append({"role": "assistant", "content": exchange.reply})
        own = tuple(Said(one.said, NO_TIME) for one in waiting if not one.concerned_policy)
        turns.append(PromptTurn(number - len(waiting) + 1, messages, own))
        waiting = []
    return turns
