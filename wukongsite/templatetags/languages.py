"""`{% languages_offered as languages %}`: the code and the own name of each language."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def languages_offered() -> Sequence[tuple[str, str]]:
    """As the settings name them. Django's own tag would translate the names: who looks for their
    language on a page that they cannot read has to find it."""
    return settings.LANGUAGES
