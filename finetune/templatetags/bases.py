"""Base models on other pages: `{% load bases %}` for sizes and for the table in the run form."""

from typing import Any

from django import template

from finetune.bases.offers import machine_memory, offers
from finetune.bases.selectors import bases_ready
from finetune.bases.words import gigabytes

register = template.Library()
register.filter(gigabytes)


EXAMPLE = "smollm2-135m-instruct"


@register.simple_tag
def smallest_base() -> str:
    """The base that an example is quickest with; where none is ready, the one that a site has."""
    found = bases_ready().order_by("parameters", "slug").values_list("slug", flat=True).first()
    return found or EXAMPLE


@register.inclusion_tag("finetune/bases/_in_form.html")
def base_facts() -> dict[str, Any]:
    """What each base needs, those here and those of the catalogue."""
    here, more = offers()
    return {"here": here, "more": more, "machine": machine_memory()}
