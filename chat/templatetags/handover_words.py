"""Tags about handovers."""

from django import template

from chat.conversations.models import Conversation
from chat.handovers.models import Handover
from chat.handovers.selectors import handover_of
from chat.handovers.services import handovers_offered

register = template.Library()


@register.simple_tag
def handover_state(conversation: Conversation) -> Handover | None:
    """What a conversation's page says about a handover."""
    return handover_of(conversation)


@register.simple_tag
def can_hand_over() -> bool:
    """Whether somebody of this site answers."""
    return handovers_offered()
