"""What a person has said of replies, what of it their team may use, and who took it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from chat.conversations.models import Conversation, Vote
from chat.conversations.sides import vote_choices
from chat.ratings.exchanges import Talk, exchanges_shared
from chat.ratings.models import Rating, SharedDownload
from chat.ratings.preferences import Exchange, pairs_of, singles_of
from finetune.teams.models import Team, User


@dataclass(frozen=True)
class Opinion:
    """A rating or a vote as its writer sees it listed.

    Attributes:
        shared: what the team's file has of it, word for word; None where it has nothing.
        downloaded_at: when an owner of the team last took such a file since it was shared.
    """

    kind: str
    row: Rating | Vote
    conversation: Conversation
    turn: int
    verdict: str
    words: str
    at: datetime
    shared: Exchange | None
    downloaded_at: datetime | None


def opinion_list_of(user: User) -> list[Rating | Vote]:
    """All ratings and votes of a person: those that are shared first, then the newest."""
    rows: list[Rating | Vote] = [
        *Rating.objects.filter(message__conversation__user=user).select_related(
            "message__conversation__team", "message__conversation__user"
        ),
        *Vote.objects.filter(conversation__user=user).select_related(
            "conversation__team", "conversation__user"
        ),
    ]
    return sorted(rows, key=lambda row: (row.shared_at is None, -said_at(row).timestamp()))


def opinion_count(user: User) -> int:
    """How many these are."""
    ratings = Rating.objects.filter(message__conversation__user=user)
    return ratings.count() + Vote.objects.filter(conversation__user=user).count()


def said_at(row: Rating | Vote) -> datetime:
    return row.rated_at if isinstance(row, Rating) else row.cast_at


def opinions(rows: Sequence[Rating | Vote]) -> list[Opinion]:
    return [rated(row) if isinstance(row, Rating) else voted(row) for row in rows]


def rated(row: Rating) -> Opinion:
    talk, turn = row.message.conversation, row.message.turn
    return Opinion(
        "rating",
        row,
        talk,
        turn,
        _("Helpful") if row.helpful else _("Not helpful"),
        row.words,
        row.rated_at,
        shared(row, Talk(talk, {row.message_id: row}, {})),
        downloaded_at(row, talk),
    )


def voted(row: Vote) -> Opinion:
    talk = row.conversation
    words = dict(vote_choices(len(talk.sides)))
    return Opinion(
        "vote",
        row,
        talk,
        row.turn,
        _("Vote: %(choice)s") % {"choice": words[row.choice]},
        "",
        row.cast_at,
        shared(row, Talk(talk, {}, {row.turn: row})),
        downloaded_at(row, talk),
    )


def shared(row: Rating | Vote, talk: Talk) -> Exchange | None:
    return next(talk.exchanges(for_team=True), None) if row.shared_at else None


def downloaded_at(row: Rating | Vote, talk: Conversation) -> datetime | None:
    if row.shared_at is None:
        return None
    taken = SharedDownload.objects.filter(team=talk.team, at__gte=row.shared_at)
    return taken.values_list("at", flat=True).first()


@dataclass(frozen=True)
class SharedCounts:
    """How much a team's files hold."""

    exchanges: int
    pairs: int
    singles: int


def shared_counts(team: Team) -> SharedCounts:
    exchanges = list(exchanges_shared(team))
    return SharedCounts(
        len(exchanges),
        sum(len(pairs_of(exchange)) for exchange in exchanges),
        sum(len(singles_of(exchange)) for exchange in exchanges),
    )
