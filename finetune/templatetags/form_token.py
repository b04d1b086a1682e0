"""`{% load form_token %}{% form_token %}`: makes this rendered form another than the next one."""

from __future__ import annotations

from django import template
from django.utils.html import format_html

from finetune.submissions import FIELD, token_new

register = template.Library()


@register.simple_tag
def form_token() -> str:
    """A hidden field with a new token (`finetune.submissions`)."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token_new())
