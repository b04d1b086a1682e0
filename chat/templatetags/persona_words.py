"""What a conversation's page shows of the persona that it began with."""

from django import template

from chat.conversations.models import Conversation
from chat.personas.models import PersonaVersion
from chat.personas.selectors import opening_of

register = template.Library()


@register.simple_tag
def opening(conversation: Conversation) -> PersonaVersion | None:
    """The version whose opening line stands before the first message; None for none."""
    return opening_of(conversation)
