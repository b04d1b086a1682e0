"""Reading conversations. What is not the person's own does not exist for them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import Http404

from chat.models import ChatPreference, Conversation, Message, Vote
from chat.safety import Card, Country, card_get, country_get
from finetune.models import Team, User
from finetune.selectors.assistants import Assistant, assistants_for

LISTED = 200


def conversation_list_for(user: User, team: Team) -> QuerySet[Conversation]:
    return Conversation.objects.for_user(user).filter(team=team, deleted_at=None)[:LISTED]


def conversation_get(user: User, public_id: str, *, deleted: bool = False) -> Conversation:
    """One's own conversation, in any team that one is in; Http404 otherwise."""
    found = (
        Conversation.objects.for_user(user)
        .filter(public_id=public_id, deleted_at__isnull=not deleted)
        .select_related("team", "user")
        .first()
    )
    if found is None:
        raise Http404("There is no such conversation.")
    return found


@dataclass
class Place:
    """One side of a turn: the reply that counts now and the earlier ones."""

    side: str
    label: str
    reply: Message
    earlier: list[Message] = field(default_factory=list)


@dataclass
class Turn:
    """What a page shows of one turn."""

    number: int
    said: Message
    card: Card | None = None
    places: list[Place] = field(default_factory=list)
    vote: Vote | None = None
    is_last: bool = False

    @property
    def is_streaming(self) -> bool:
        return any(place.reply.is_streaming for place in self.places)

    @property
    def can_vote(self) -> bool:
        """Both sides have said something and are at rest."""
        return (
            len(self.places) == 2
            and not self.is_streaming
            and all(place.reply.content.strip() for place in self.places)
        )

    @property
    def revision(self) -> int:
        messages = [self.said, *(place.reply for place in self.places)]
        return max(message.revision for message in messages)


def turn_list_of(conversation: Conversation, *, after_revision: int = -1) -> list[Turn]:
    """The turns, oldest first; only those that changed after a revision, if one is given."""
    turns: dict[int, Turn] = {}
    rows: Iterable[Message] = conversation.messages.order_by("turn", "id")
    for message in rows:
        if message.role == Message.Role.USER:
            turns[message.turn] = Turn(message.turn, message)
            continue
        turn = turns[message.turn]
        place = next((one for one in turn.places if one.side == message.side), None)
        if place is None:
            turn.places.append(Place(message.side, "", message))
        else:
            place.earlier.append(place.reply)
            place.reply = message
    votes = {vote.turn: vote for vote in conversation.votes.all()}
    for turn in turns.values():
        turn.places.sort(key=lambda place: place.side)
        turn.vote = votes.get(turn.number)
        turn.card = card_of(turn)
        for place in turn.places:
            place.label = label_of(conversation, place)
    if turns:
        turns[max(turns)].is_last = True
    return [turn for turn in turns.values() if turn.revision > after_revision]


def label_of(conversation: Conversation, place: Place) -> str:
    if conversation.names_hidden:
        return "Left" if place.side == "a" else "Right"
    return place.reply.assistant_title


def card_of(turn: Turn) -> Card | None:
    """The card that this turn's message or one of its replies called for, if any."""
    replies = [one for place in turn.places for one in (place.reply, *place.earlier)]
    for message in [turn.said, *replies]:
        if message.card_key:
            return card_get(message.card_key, message.card_language)
    return None


def streaming_of(conversation: Conversation) -> QuerySet[Message]:
    return conversation.messages.filter(state=Message.State.STREAMING)


def country_of(user: User) -> Country | None:
    chosen = ChatPreference.objects.filter(user=user).values_list("country", flat=True).first()
    return country_get(chosen) if chosen else None


def assistant_choices(team: Team) -> list[Assistant]:
    return assistants_for(team)
