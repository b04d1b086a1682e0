"""Pinning and unpinning. A pin is a place in the list: it keeps nothing from its end."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.conversations.exceptions import ChatRefused
from chat.conversations.models import Conversation, revise
from finetune.teams.models import User

MOST_PINS = 20  # of one person; a list of which everything is pinned has no first place


@transaction.atomic
def pin_set(*, conversation: Conversation, pinned: bool) -> None:
    """Pin or unpin; a second time changes nothing.

    Raises:
        ChatRefused: as many as there may be are pinned.
    """
    # The person's row is the lock: two tabs must not pass the limit together.
    User.objects.select_for_update().get(pk=conversation.user_id)
    conversation.refresh_from_db(fields=["pinned_at"])
    if pinned == (conversation.pinned_at is not None):
        return
    mine = Conversation.objects.filter(user_id=conversation.user_id, deleted_at=None)
    if pinned and mine.exclude(pinned_at=None).count() >= MOST_PINS:
        raise ChatRefused(
            _(
                "%(number)d conversations are pinned, which is as many as there is room for. "
                "Unpin one first."
            )
            % {"number": MOST_PINS},
            code="too_many_pins",
        )
    revise(conversation, pinned_at=timezone.now() if pinned else None)
