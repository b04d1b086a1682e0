"""From rows to exchanges: what a person rated and voted on, and what a team may have of it.

A person's own file holds what was said before, too. A team's holds the one message and its replies
alone, since that is what was agreed to; it leaves out every exchange that was not calm, everything
with a reviewed word, and people who have left the team.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import override

from chat.conversations.models import Conversation, Message, Vote
from chat.conversations.prompts import turns_for
from chat.conversations.sides import side_name
from chat.policy.person import person_of_user
from chat.policy.selectors import episodes_of
from chat.ratings.models import Rating
from chat.ratings.occasions import is_calm
from chat.ratings.preferences import Answer, Ballot, ChatMessage, Exchange
from finetune.teams.models import Team, User


def exchanges_of(user: User) -> Iterator[Exchange]:
    """All that a person rated or voted on, oldest talk first."""
    talks = Conversation.objects.filter(user=user, deleted_at=None)
    ratings = Rating.objects.filter(message__conversation__in=talks)
    votes = Vote.objects.filter(conversation__in=talks)
    return gathered(talks, ratings, votes, for_team=False)


def exchanges_shared(team: Team) -> Iterator[Exchange]:
    """What members of a team let it use."""
    talks = Conversation.objects.filter(
        team=team, user__in=team.members.all(), deleted_at=None, anonymous=False
    )
    ratings = Rating.objects.filter(message__conversation__in=talks, shared_at__isnull=False)
    votes = Vote.objects.filter(conversation__in=talks, shared_at__isnull=False)
    return gathered(talks, ratings, votes, for_team=True)


def gathered(
    talks: QuerySet[Conversation],
    ratings: QuerySet[Rating],
    votes: QuerySet[Vote],
    *,
    for_team: bool,
) -> Iterator[Exchange]:
    judged = Q(pk__in=ratings.values("message__conversation")) | Q(
        pk__in=votes.values("conversation")
    )
    for talk in talks.filter(judged).select_related("team", "user").order_by("pk"):
        here = Talk(
            talk,
            {row.message_id: row for row in ratings.filter(message__conversation=talk)},
            {row.turn: row for row in votes.filter(conversation=talk)},
        )
        yield from here.exchanges(for_team=for_team)


@dataclass(frozen=True)
class Talk:
    """One conversation with the ratings (by message) and votes (by turn) that count."""

    conversation: Conversation
    ratings: dict[int, Rating]
    votes: dict[int, Vote]

    def exchanges(self, *, for_team: bool) -> Iterator[Exchange]:
        rows = self.conversation.messages
        turns = {*self.votes, *rows.filter(pk__in=self.ratings).values_list("turn", flat=True)}
        episodes = episodes_of(person_of_user(self.conversation.user)) if for_team else []
        for turn in sorted(turns):
            replies = list(rows.filter(turn=turn, role=Message.Role.ASSISTANT).order_by("id"))
            asked = rows.get(turn=turn, role=Message.Role.USER)
            own = [reply for reply in replies if counts(reply)]
            if not for_team or is_calm(asked, replies, episodes):
                yield self.exchange(asked, own, for_team=for_team)

    def exchange(self, asked: Message, replies: list[Message], *, for_team: bool) -> Exchange:
        """One turn, with those of these replies that a rating or the vote is about."""
        ballot, voted = self.ballot(self.votes.get(asked.turn), replies)
        answers = [
            self.answer(reply, for_team=for_team)
            for reply in replies
            if reply.pk in self.ratings or reply in voted
        ]
        return Exchange(asked.content, asked.turn == 1, tuple(answers), ballot)

    def ballot(
        self, vote: Vote | None, replies: list[Message]
    ) -> tuple[Ballot | None, list[Message]]:
        """A vote for one side, and the replies that stood there when it was cast."""
        if vote is None or vote.choice not in self.conversation.sides:
            return None, []
        stood: dict[str, Message] = {}
        for reply in replies:
            if reply.finished_at is None or reply.finished_at <= vote.cast_at:
                stood[reply.side] = reply
        if set(stood) != set(self.conversation.sides):
            return None, []
        chosen = stood.pop(vote.choice)
        rejected = tuple(reply.public_id for reply in stood.values())
        ballot = Ballot(chosen.public_id, rejected, vote.blind, vote.cast_at)
        return ballot, [chosen, *stood.values()]

    def answer(self, reply: Message, *, for_team: bool) -> Answer:
        """One reply with its rating; who wrote it stays hidden from a person until their vote."""
        talk, rating = self.conversation, self.ratings.get(reply.pk)
        name = reply.assistant
        if for_team:
            name = unnamed(name)
        elif talk.names_hidden:
            with override("en"):  # a file is the same in every language of the page
                name = side_name(reply.side, len(talk.sides))
        return Answer(
            reply.public_id,
            reply.side,
            name,
            reply.content,
            () if for_team else self.prompt(reply),
            rating.helpful if rating else None,
            rating.words if rating else "",
            rating.blind if rating else False,
            rating.rated_at if rating else None,
        )

    def prompt(self, reply: Message) -> tuple[ChatMessage, ...]:
        """What this reply answers, with what was said before."""
        turns = turns_for(self.conversation, reply.side, reply.turn)
        return tuple(message for turn in turns for message in turn.messages)


def counts(reply: Message) -> bool:
    """Whether a reply can stand in a file: its own words, whole, and no copy of another talk's."""
    return reply.is_complete and reply.is_all_its_own and not reply.copied_from


def unnamed(assistant: str) -> str:
    """An assistant's name without that of its team, which is often a person's: the id of its run,
    or of the persona with its version."""
    kinds = {"ft": "ftjob", "persona": "persona"}
    kind = kinds.get(assistant.partition(":")[0])
    return f"{kind}-{assistant.rsplit(':', 1)[-1]}" if kind else assistant
