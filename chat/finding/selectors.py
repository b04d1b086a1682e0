"""Where a person's words are in their own conversations. Hidden and others' do not exist here.

Conversations are asked about in blocks, newest first, until a page is full, so that the index
over a conversation's messages is all that is needed, on every database. The database compares as
far as it can (`needle`); what it finds is looked at again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import or_

from django.db.models import Max, Q, QuerySet

from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import writer_of
from chat.finding.words import Piece, Sought, needle
from chat.pins.selectors import older_than
from finetune.teams.models import User

TALKS = 10  # conversations on a page of results
PLACES = 3  # of each, before one asks for all of it
TURNS = 20  # turns on a page of one conversation's results
BLOCKS = (50, 100, 200, 400)  # conversations asked about at a time; the last size again and again


@dataclass(frozen=True)
class FoundPlace:
    turn: int
    who: str
    at: datetime
    pieces: list[Piece]
    is_earlier: bool = False  # in a reply that another one took the place of


@dataclass
class FoundTalk:
    """A conversation with words in its name or in some of its messages."""

    talk: Conversation
    name: list[Piece]
    places: list[FoundPlace] = field(default_factory=list)
    more: int = 0  # places that are not listed


@dataclass(frozen=True)
class Found:
    """One page. `after` is where the next one begins: a conversation's id, or a turn's number."""

    talks: list[FoundTalk]
    after: str = ""


def talks_found(user: User, sought: Sought, after: str = "", most: int = TALKS) -> Found:
    """The newest conversations in which the words stand, behind the one that `after` names."""
    if not sought.words:
        return Found([])
    mine = Conversation.objects.for_user(user).filter(deleted_at=None)
    before = Conversation.objects.for_user(user).filter(public_id=after).first() if after else None
    hits: dict[int, list[int]] = {}  # conversation: its messages
    for block in blocks(older_than(mine, before)):
        messages = messages_with(sought, list(block))
        for pk, title in block.items():
            if pk in messages or sought.is_in(title):
                hits[pk] = messages.get(pk, [])
        if len(hits) > most:
            break
    shown = dict(list(hits.items())[:most])
    rows = Conversation.objects.in_bulk(list(shown))
    talks = [FoundTalk(rows[pk], sought.pieces(rows[pk].title)) for pk in shown if pk in rows]
    first = [message for found in shown.values() for message in found[:PLACES]]
    places = places_of(sought, Message.objects.filter(pk__in=first))
    for one in talks:
        one.places = places.get(one.talk.pk, [])
        one.more = len(shown[one.talk.pk]) - len(one.places)
    return Found(talks, talks[-1].talk.public_id if len(hits) > most else "")


def talk_found(talk: Conversation, sought: Sought, after: int = 0) -> Found:
    """All places in one conversation, a page of turns at a time, in its order."""
    if not sought.words:
        return Found([])
    rows = candidates(sought, [talk.pk]).filter(turn__gt=after)
    hits: dict[int, list[int]] = {}  # turn: its messages
    for pk, turn, content in rows.values_list("pk", "turn", "content"):
        if sought.is_in(content):
            hits.setdefault(turn, []).append(pk)
            if len(hits) > TURNS:
                break
    shown = list(hits)[:TURNS]
    keys = [pk for turn in shown for pk in hits[turn]]
    places = places_of(sought, Message.objects.filter(pk__in=keys)).get(talk.pk, [])
    listed = [FoundTalk(talk, sought.pieces(talk.title), places)] if places else []
    return Found(listed, str(shown[-1]) if len(hits) > TURNS else "")


def blocks(rows: QuerySet[Conversation]) -> Iterator[dict[int, str]]:
    """Keys and titles, newest first."""
    start, number = 0, 0
    while True:
        size = BLOCKS[min(number, len(BLOCKS) - 1)]
        block = dict(rows.values_list("pk", "title")[start : start + size])
        if not block:
            return
        yield block
        start, number = start + size, number + 1


def messages_with(sought: Sought, talks: list[int]) -> dict[int, list[int]]:
    """Messages in which all the words stand, by conversation, in its order; the same words of two
    replies to one message count once."""
    found: dict[int, list[int]] = {}
    rows = candidates(sought, talks).values_list("conversation_id", "pk", "turn", "content")
    for (talk, _), turn in groupby(rows, key=lambda row: (row[0], row[2])):
        seen = set()
        for _, pk, _, content in turn:
            if content not in seen and sought.is_in(content):
                found.setdefault(talk, []).append(pk)
            seen.add(content)
    return found


def candidates(sought: Sought, talks: list[int]) -> QuerySet[Message]:
    """Messages that may hold the words, as far as any database can tell."""
    rows = Message.objects.filter(conversation__in=talks).exclude(state=Message.State.STREAMING)
    for spelled in sought.words:
        needles = [needle(word) for word in spelled]
        if all(needles):
            rows = rows.filter(reduce(or_, (Q(content__icontains=one) for one in needles)))
    return rows.order_by("conversation_id", "turn", "pk")


def places_of(sought: Sought, rows: QuerySet[Message]) -> dict[int, list[FoundPlace]]:
    """These messages as places to go to, by conversation."""
    messages = list(rows.select_related("conversation").order_by("conversation_id", "turn", "pk"))
    newest = newest_variants(messages)
    places: dict[int, list[FoundPlace]] = {}
    for one in messages:
        places.setdefault(one.conversation_id, []).append(
            FoundPlace(
                one.turn,
                writer_of(one.conversation, one),
                one.created_at,
                sought.excerpt(one.content),
                one.variant < newest[one.conversation_id, one.turn, one.side],
            )
        )
    return places


def newest_variants(messages: list[Message]) -> dict[tuple[int, int, str], int]:
    """The number of the newest reply in each place of these turns."""
    near = Message.objects.filter(
        conversation__in={one.conversation_id for one in messages},
        turn__in={one.turn for one in messages},
    )
    places = near.order_by().values_list("conversation_id", "turn", "side")
    return {(talk, turn, side): last for talk, turn, side, last in places.annotate(Max("variant"))}
