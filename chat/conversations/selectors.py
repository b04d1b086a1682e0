"""Reading conversations. What is not the person's own does not exist for them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.branches.selectors import Versions, versions_of
from chat.context.selectors import Edge, edges_of
from chat.conversations.models import ChatPreference, Conversation, Message, Vote
from chat.conversations.sides import side_name, vote_choices
from chat.policy.person import person_of_user
from chat.policy.selectors import episodes_of
from chat.ratings.occasions import is_calm
from chat.safety import Card, Country, card_get, country_get
from chat.safety.library import country_guess
from finetune.runs.assistants import (
    Assistant,
    assistant_count,
    assistant_get,
    assistants_for,
)
from finetune.teams.models import Team, User

TURNS = 30  # of a long talk, shown at a time
LETTERS = 80_000  # of these turns together
CHANGES = 200  # newest turns that an open page hears of
REVIEWED = gettext_lazy("Reviewed reply")  # in the place of an assistant's name
CHOICES = 20  # assistants to choose from without a search


@dataclass(frozen=True)
class Choices:
    """What a picker of assistants offers, of how many, and the words that were searched for.

    Attributes:
        studies: whether the runs of studies are among them.
    """

    offered: list[Assistant]
    matches: int
    total: int
    query: str
    studies: bool = False

    @property
    def words(self) -> str:
        """What stands beside the choices."""
        if not self.query:
            words = _("The newest of about %(total)s. Search for others.")
            return words % {"total": f"{self.total:,}"}
        if not self.matches:
            return _("No assistant is called “%(query)s”.") % {"query": self.query}
        more = _("%(number)d or more found for “%(query)s”.")
        words = more if self.matches == CHOICES else _("%(number)d found for “%(query)s”.")
        return words % {"number": self.matches, "query": self.query}

    @property
    def can_search(self) -> bool:
        return self.total > CHOICES


def conversation_get(user: User, public_id: str, *, deleted: bool = False) -> Conversation:
    """One's own conversation, in any team that one is in; Http404 otherwise."""
    conversation = (
        Conversation.objects.for_user(user)
        .filter(public_id=public_id, deleted_at__isnull=not deleted)
        .select_related("team", "user")
        .first()
    )
    if conversation is None:
        raise Http404("There is no such conversation.")
    return conversation


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
    message: Message
    card: Card | None = None
    folded_card: Card | None = None  # where an earlier turn showed it: closed, above a quiet line
    places: list[Place] = field(default_factory=list)
    vote: Vote | None = None
    is_calm: bool = False  # whether a person may be asked here what they think of a reply
    is_last: bool = False
    versions: Versions | None = None
    edges: list[Edge] = field(default_factory=list)  # assistants that read from here on alone
    ends_copy: bool = False  # of a branch's copied turns it is the last one

    @property
    def is_streaming(self) -> bool:
        return any(place.reply.is_streaming for place in self.places)

    @property
    def can_vote(self) -> bool:
        """All assistants have said something of their own and are at rest."""
        return (
            self.is_calm
            and len(self.places) > 1
            and not self.is_streaming
            and not self.message.copied_from
            and all(place.reply.content.strip() for place in self.places)
            and not any(place.reply.has_reviewed_words for place in self.places)
        )

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Values and words of a vote."""
        return vote_choices(len(self.places))

    @property
    def shown(self) -> list[Place]:
        """The sides; only one where all hold the same reviewed reply, which is said once."""
        replies = [place.reply for place in self.places]
        alike = len({reply.content for reply in replies}) == 1
        reviewed = all(reply.writer == Message.Writer.LIBRARY for reply in replies)
        return self.places[:1] if alike and reviewed else self.places

    @property
    def replies(self) -> list[Message]:
        """Every variant of every side."""
        return [reply for place in self.places for reply in (place.reply, *place.earlier)]

    @property
    def letters(self) -> int:
        """How long its texts are together."""
        return sum(len(message.content) for message in (self.message, *self.replies))


def turn_list_of(
    conversation: Conversation, *, after_revision: int = -1, before: int | None = None
) -> list[Turn]:
    """The newest turns, oldest first; earlier ones if a turn is named that they stand before.

    With a revision: those of the newest turns that changed after it.
    """
    last = conversation.messages.order_by("-turn").values_list("turn", flat=True).first() or 0
    rows = conversation.messages.select_related("rating").order_by("turn", "id")
    if after_revision >= 0:
        changed = conversation.messages.filter(revision__gt=after_revision)
        numbers = {*changed.filter(turn__gt=last - CHANGES).values_list("turn", flat=True)}
        return turns_of(conversation, rows.filter(turn__in=numbers), last)
    end = last + 1 if before is None else before
    turns = turns_of(conversation, rows.filter(turn__lt=end, turn__gte=end - TURNS), last)
    letters = 0
    for count, turn in enumerate(reversed(turns), 1):
        letters += turn.letters
        if letters > LETTERS and count > 1:
            return turns[1 - count :]
    return turns


def turns_of(conversation: Conversation, rows: Iterable[Message], last: int) -> list[Turn]:
    """Messages put together to turns."""
    turns: dict[int, Turn] = {}
    for message in rows:
        if message.role == Message.Role.USER:
            turns[message.turn] = Turn(message.turn, message)
            continue
        turn = turns[message.turn]
        place = next((side for side in turn.places if side.side == message.side), None)
        if place is None:
            turn.places.append(Place(message.side, "", message))
        else:
            place.earlier.append(place.reply)
            place.reply = message
    votes = {vote.turn: vote for vote in conversation.votes.filter(turn__in=turns)}
    versions = versions_of(conversation, turns)
    edges = edges_of(conversation)
    episodes = episodes_of(person_of_user(conversation.user))
    for turn in turns.values():
        turn.places.sort(key=lambda place: place.side)
        turn.vote = votes.get(turn.number)
        turn.versions = versions.get(turn.number)
        turn.edges = edges.get(turn.number, [])
        turn.card = card_of(turn)
        if turn.card is None and (key := turn.message.quiet_card):
            turn.folded_card = card_get(key, turn.message.card_language)
        turn.is_calm = is_calm(turn.message, turn.replies, episodes)
        turn.is_last = turn.number == last
        turn.ends_copy = turn.number + 1 == conversation.branched_at
        for place in turn.places:
            place.label = label_of(conversation, place)
    return list(turns.values())


def label_of(conversation: Conversation, place: Place) -> str:
    if place.reply.writer == Message.Writer.LIBRARY:
        return str(REVIEWED)
    name = side_name(place.side, len(conversation.sides))
    if conversation.names_hidden:
        return name
    return f"{name}: {place.reply.assistant_title}" if name else place.reply.assistant_title


def writer_of(conversation: Conversation, message: Message) -> str:
    """Who wrote a message, where it does not stand on its page."""
    if message.role == Message.Role.USER:
        return _("You")
    return label_of(conversation, Place(message.side, "", message))


def card_of(turn: Turn) -> Card | None:
    """The card that this turn's message or one of its replies called for, if any."""
    for message in [turn.message, *turn.replies]:
        if message.card_key:
            return card_get(message.card_key, message.card_language)
    return None


def streaming_of(conversation: Conversation) -> QuerySet[Message]:
    return conversation.messages.filter(state=Message.State.STREAMING)


def country_of(user: User, accept_language: str = "") -> Country:
    """Whose help lines a person sees: the country that they chose, or a guess that is not kept."""
    chosen = ChatPreference.objects.filter(user=user).values_list("country", flat=True).first()
    return (country_get(chosen) if chosen else None) or country_guess(accept_language)


def assistant_choices(
    team: Team, query: str = "", chosen: Iterable[str] = (), *, studies: bool = False
) -> Choices:
    """A few assistants to choose from: those searched for, or the newest; and those chosen."""
    matches = assistants_for(team, query, CHOICES, studies=studies)
    known = {assistant.id for assistant in matches}
    kept = [assistant_get(team, name) for name in dict.fromkeys(chosen) if name]
    others = [assistant for assistant in kept if assistant and assistant.id not in known]
    total = assistant_count(team, studies=studies)
    return Choices([*matches, *others], len(matches), total, query, studies)
