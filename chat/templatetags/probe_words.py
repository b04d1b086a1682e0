"""Filters of the reviewers' templates."""

from collections.abc import Mapping

from django import template

from chat.reviews.models import ProbeAnswer

register = template.Library()


@register.filter
def dialogue(answer: ProbeAnswer, asked: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """A probe's turns with the replies to them; of probes that have changed, the replies alone."""
    turns = asked.get(answer.probe, ("",) * len(answer.replies))
    return list(zip(turns, answer.replies, strict=False))
