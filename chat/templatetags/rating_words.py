"""Filters about ratings."""

from django import template

from chat.conversations.models import Conversation, Message
from chat.conversations.selectors import Turn
from chat.ratings.occasions import can_share

register = template.Library()


@register.filter
def shares(conversation: Conversation, reply: Message) -> bool:
    """Whether this reply could be shared with a team."""
    return can_share(conversation, [reply])


@register.filter
def shares_all(conversation: Conversation, turn: Turn) -> bool:
    """Whether the replies of this turn, which was voted on, could be."""
    return can_share(conversation, turn.replies)
