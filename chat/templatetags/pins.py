"""What a page says beside a pin."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.translation import gettext, ngettext

from chat.conversations.models import Conversation
from chat.privacy.periods import days_kept
from chat.privacy.services import choice_of

register = template.Library()


@register.filter
def kept_although_pinned(conversation: Conversation) -> str:
    """That a pin keeps no conversation beyond its time, where it has one."""
    if conversation.anonymous:
        return gettext("It is deleted with this visit all the same.")
    days = days_kept(choice_of(conversation.user).keep_days, settings.CHAT_KEEP_DAYS)
    if not days:
        return gettext("It is kept until you delete it, pinned or not.")
    words = ngettext(
        "It is deleted %(days)d day after its last message all the same.",
        "It is deleted %(days)d days after its last message all the same.",
        days,
    )
    return words % {"days": days}
