"""Rating a reply, and letting one's team use an exchange or not any more."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, Message, Vote, revise
from chat.conversations.services import locked
from chat.ratings.models import Rating, SharedDownload
from chat.ratings.occasions import NOTHING_ASKED, can_share, turn_is_calm
from finetune.teams.models import Team, User
from finetune.text import typed

NOT_SHARED = gettext_lazy(
    "This exchange stays with you: only what an assistant wrote in its own words can be shared."
)


@transaction.atomic
def reply_rate(
    *,
    conversation: Conversation,
    reply_id: str,
    helpful: bool,
    words: str | None = None,
    share: bool | None = None,
) -> Rating:
    """Keep whether a reply helped. What is None (words, sharing) stays as it was."""
    conversation = locked(conversation)
    reply = reply_at_rest(conversation, reply_id)
    rating = Rating.objects.filter(message=reply).first() or Rating(message=reply)
    if rating.pk is None or rating.helpful != helpful:
        rating.helpful, rating.blind = helpful, conversation.names_hidden
    rating.rated_at = timezone.now()
    if words is not None:
        rating.words = words_cleaned(words)
    if share is not None:
        if share and not can_share(conversation, [reply]):
            raise ChatRefused(str(NOT_SHARED), code="not_shared", field="share")
        rating.shared_at = (rating.shared_at or timezone.now()) if share else None
    rating.save()
    show(conversation, reply)
    return rating


@transaction.atomic
def rating_take_back(*, conversation: Conversation, reply_id: str) -> None:
    """Forget a rating with its words."""
    conversation = locked(conversation)
    reply = conversation.messages.filter(public_id=reply_id, rating__isnull=False).first()
    if reply is None:
        raise ChatRefused(_("This reply has no rating."), code="bad_choice", field="reply")
    reply.rating.delete()
    show(conversation, reply)


@transaction.atomic
def vote_share(*, conversation: Conversation, turn: int, share: bool) -> Vote:
    """Let one's team use the exchange that was voted on, or not any more."""
    conversation = locked(conversation)
    vote = conversation.votes.filter(turn=turn).first()
    if vote is None:
        raise ChatRefused(_("There is no vote on this."), code="bad_choice", field="turn")
    replies = list(conversation.messages.filter(turn=turn, role=Message.Role.ASSISTANT))
    if share and not (turn_is_calm(conversation, turn) and can_share(conversation, replies)):
        raise ChatRefused(str(NOT_SHARED), code="not_shared", field="share")
    vote.shared_at = (vote.shared_at or timezone.now()) if share else None
    vote.save(update_fields=["shared_at"])
    show(conversation, *replies)
    return vote


def sharing_stop(*, user: User, kind: str, key: str) -> bool:
    """Take back that a team may use something, also of a team that one has left."""
    found = {
        "rating": Rating.objects.filter(message__conversation__user=user),
        "vote": Vote.objects.filter(conversation__user=user),
    }
    if kind not in found or not key.isdecimal():
        raise ChatRefused(_("There is nothing like that to stop."), code="bad_choice")
    return bool(found[kind].filter(pk=int(key)).update(shared_at=None))


def download_log(*, team: Team, by: User, lines: int) -> SharedDownload:
    """Note that an owner takes a file of what people shared."""
    return SharedDownload.objects.create(team=team, by=by.get_username(), lines=lines)


def reply_at_rest(conversation: Conversation, reply_id: str) -> Message:
    """A reply that can be rated.

    Raises:
        ChatRefused: there is none, it is not complete, or nobody is asked there.
    """
    rows = conversation.messages.filter(role=Message.Role.ASSISTANT, public_id=reply_id)
    reply = rows.first()
    if reply is None:
        raise ChatRefused(_("There is no such reply."), code="bad_choice", field="reply")
    if not reply.is_complete:
        raise ChatRefused(
            _("Only a complete reply can be rated."), code="bad_choice", field="reply"
        )
    if reply.copied_from:
        raise ChatRefused(
            _("This was said in another talk; rate it there."), code="bad_choice", field="reply"
        )
    if not turn_is_calm(conversation, reply.turn):
        raise ChatRefused(str(NOTHING_ASKED), code="bad_choice", field="reply")
    return reply


def words_cleaned(words: str) -> str:
    words = typed(words)
    if len(words) > Rating.LONGEST:
        raise ChatRefused(
            _("This is %(number)s characters long; %(longest)s fit here.")
            % {"number": f"{len(words):,}", "longest": f"{Rating.LONGEST:,}"},
            code="words_too_long",
            field="words",
        )
    return words


def show(conversation: Conversation, *replies: Message) -> None:
    """Let open pages show a turn anew."""
    revision = revise(conversation)
    Message.objects.filter(pk__in=[reply.pk for reply in replies]).update(revision=revision)
