"""Tags about branches."""

from django import template

from chat.branches.selectors import address_of, origin_of, versions_list
from chat.conversations.models import Conversation

register = template.Library()


@register.simple_tag
def other_versions(conversation: Conversation) -> int:
    """How many other versions of a talk there are."""
    return versions_list(conversation).exclude(pk=conversation.pk).count()


@register.simple_tag
def branch_origin(conversation: Conversation) -> Conversation | None:
    """The talk that a branch was made from, where it is still there."""
    return origin_of(conversation)


@register.simple_tag
def turn_address(conversation: Conversation, turn: int) -> str:
    return address_of(conversation, turn)
