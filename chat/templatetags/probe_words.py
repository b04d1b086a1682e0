"""Filters of the reviewers' templates."""

from collections.abc import Mapping

from django import template

from chat.reviews.models import ProbeAnswer

register = template.Library()


@register.filter
def dialogue(answer: ProbeAnswer, asked: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """A probe's turns with the replies to them."""
    return answer.dialogue(asked)


@register.filter
def grade_of(given: Mapping[tuple[int, str], str], answer: ProbeAnswer) -> dict[str, str]:
    """The grades that a form has for one reply, by dimension."""
    return {key: grade for (pk, key), grade in given.items() if pk == answer.pk}


@register.filter
def item(mapping: Mapping[str, object], key: str) -> object:
    """What stands under a key; nothing where there is none."""
    return mapping.get(key, "")
