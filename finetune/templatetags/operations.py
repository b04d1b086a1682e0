"""What the operator tells everybody: `{% load operations %}{% announcements %}`."""

from typing import Any

from django import template

from finetune.operations.selectors import announced

register = template.Library()


@register.inclusion_tag("parts/_announcements.html")
def announcements() -> dict[str, Any]:
    """The sentences on top of every page."""
    return {"announced": announced()}
