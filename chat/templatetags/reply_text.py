"""How a reply's words are shown: as they came, or read as markdown."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

from chat.conversations.models import Message
from chat.rendering.markdown import rendered

register = template.Library()


@register.filter
def is_formatted(reply: Message) -> bool:
    """Whether it is an assistant's reply that has ended: reviewed words are plain text, and what
    is being written grows as plain text, so that half a mark does not jump."""
    return bool(
        reply.content and not reply.is_streaming and reply.writer == Message.Writer.ASSISTANT
    )


@register.filter
def markdown(text: str) -> SafeString:
    """Safe by `chat.rendering.markdown`, which escapes all that it does not write itself."""
    return mark_safe(rendered(text))  # noqa: S308
