"""Base models on other pages: `{% load bases %}` for sizes and for the table in the run form."""

from typing import Any

from django import template

from finetune.bases.offers import machine_memory, offers
from finetune.bases.words import gigabytes

register = template.Library()
register.filter(gigabytes)


@register.inclusion_tag("finetune/bases/_in_form.html")
def base_facts() -> dict[str, Any]:
    """What each base needs, those here and those of the catalogue."""
    here, more = offers()
    return {"here": here, "more": more, "machine": machine_memory()}
