"""Making branches, and what is done to all versions of a talk at once.

A branch holds copies of the turns before it. They keep their dates, are marked (`copied_from`), and
are nobody's new message: the policy has read them, and no limit counts them again.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.branches.selectors import versions_list
from chat.conversations.exceptions import ChatRefused
from chat.conversations.ids import conversation_id, message_id
from chat.conversations.models import Conversation, Message, revise
from chat.conversations.services import (
    check_room,
    cleaned,
    locked,
    message_send,
    title_from,
    title_of,
)

MOST = 50  # branches of one tree: each is a copy
BATCH = 200


@transaction.atomic
def branch_edit(
    *, conversation: Conversation, turn: int, text: str
) -> tuple[Conversation, list[Message]]:
    """Say something else at a turn: a branch with the turns before it, and the message sent there.

    Raises:
        ChatRefused: there is no such turn, a reply is being written, or the text cannot be sent.
    """
    text = cleaned(text)
    source = locked(conversation)
    said = said_at(source, turn)
    check_room(source, len(source.sides))
    title = source.title
    if turn == 1 and title == title_from(said.content):
        title = title_of(text)
    branch = branch_make(source, turn, title)
    return branch, message_send(conversation=branch, text=text)


@transaction.atomic
def branch_continue(*, conversation: Conversation, turn: int) -> Conversation:
    """A branch that holds everything up to the reply of a turn; nothing is sent yet.

    Raises:
        ChatRefused: there is no such turn, or a reply is being written.
    """
    source = locked(conversation)
    said_at(source, turn)
    check_room(source, 0)
    return branch_make(source, turn + 1, source.title)


def said_at(conversation: Conversation, turn: int) -> Message:
    """What the person said at a turn."""
    said: Message | None = conversation.messages.filter(turn=turn, role=Message.Role.USER).first()
    if said is None:
        raise ChatRefused(_("This message is not there any more."), code="bad_choice", field="turn")
    return said


def branch_make(source: Conversation, turn: int, title: str) -> Conversation:
    """A new conversation with copies of the turns before this one, and the same assistants.

    Its time runs from the last message of the talk that it comes from until somebody writes in it,
    so that a copy alone keeps no words longer.
    """
    family = source.family or source.public_id
    if Conversation.objects.filter(family=family, deleted_at=None).count() >= MOST:
        raise ChatRefused(
            _(
                "This talk has %(number)d branches, which is the limit. Delete one, or go on in "
                "this one."
            )
            % {"number": MOST},
            code="too_many_branches",
        )
    copies = copies_of(source, turn)
    branch = Conversation.objects.get(pk=source.pk)
    branch.pk, branch._state.adding = None, True
    branch.public_id, branch.title, branch.revision = conversation_id(), title, 0
    branch.pinned_at = None  # a pin is of one talk
    branch.branched_from, branch.branched_at, branch.family = source, turn, family
    branch.save()
    for row in copies:
        row.conversation = branch
    Message.objects.bulk_create(copies, batch_size=BATCH)
    return branch


def copies_of(source: Conversation, turn: int) -> list[Message]:
    """The messages before a turn as new rows: of several replies the newest one with words."""
    chosen: dict[tuple[int, str], Message] = {}
    for row in source.messages.filter(turn__lt=turn).order_by("turn", "id"):
        place = (row.turn, row.side)
        if place not in chosen or row.content.strip() or not chosen[place].content.strip():
            chosen[place] = row
    for row in chosen.values():
        row.copied_from = row.copied_from or row.public_id
        row.pk, row.public_id = None, message_id()
        row.variant, row.revision, row.beat_at = 1, 0, None
    return list(chosen.values())


def versions_reveal(conversation: Conversation) -> None:
    """Show the names in the other versions of a comparison: who knows them here knows them there,
    and no vote there is blind any more."""
    for other in versions_list(conversation).filter(revealed_at=None).exclude(pk=conversation.pk):
        revision = revise(other, revealed_at=timezone.now())
        other.messages.update(revision=revision)


@transaction.atomic
def versions_delete(*, conversation: Conversation) -> None:
    """Hide a conversation and all its versions, which hold copies of its words."""
    now = timezone.now()
    for each in versions_list(conversation):
        revise(each, deleted_at=now)


@transaction.atomic
def versions_restore(*, conversation: Conversation) -> None:
    """Bring back what was hidden together."""
    together = versions_list(conversation, deleted=True).filter(deleted_at=conversation.deleted_at)
    for each in together:
        revise(each, deleted_at=None)
