"""Keeping with a reply what was read for it, so that its page can say so."""

from __future__ import annotations

import logging
from typing import TypedDict

from django.db import DatabaseError, transaction

from chat.context.selectors import newest_read
from chat.context.window import Window
from chat.conversations.models import Message, revise
from finetune.faults import fault_of

logger = logging.getLogger("chat.context")


class Reach(TypedDict):
    """Columns of a reply: how far back its assistant read, and what it was told of the rest."""

    reads_from: int | None
    told: str


UNREAD: Reach = {"reads_from": None, "told": ""}  # of a reply that no assistant has begun


def reach_keep(message_id: int, window: Window) -> Reach:
    """Keep it before the first word, where the page has to show another line than before.

    A database that takes no writes is no reason to leave a person without the reply: the row gets
    all of this again at its end.
    """
    reach: Reach = {"reads_from": window.reads_from, "told": window.told}
    if window.reads_from is not None:
        try:
            reach_write(message_id, window.reads_from, reach)
        except DatabaseError as error:
            if fault_of(error) is None:
                raise
            logger.warning("what reply %s was told is not kept yet", message_id, exc_info=error)
    return reach


@transaction.atomic
def reach_write(message_id: int, reads_from: int, reach: Reach) -> None:
    """Keep the reach of a reply; turns at which the line was or is now are shown anew."""
    reply = Message.objects.select_related("conversation").get(pk=message_id)
    talk = reply.conversation
    newest = newest_read(talk, reply.side)
    before = newest.reads_from if newest is not None and newest.reads_from else 1
    if before == reads_from == 1:
        return  # all of it, as before: the row learns that at its end
    Message.objects.filter(pk=message_id).update(**reach)
    if before != reads_from:
        turns = talk.messages.filter(turn__in=(before, reads_from), role=Message.Role.USER)
        turns.update(revision=revise(talk))
