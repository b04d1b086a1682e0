"""Filters of the chat templates."""

from django import template

from chat.safety.library.lines import Country, Line

register = template.Library()


@register.filter
def lines_for(country: Country, kind: str) -> tuple[Line, ...]:
    """The country's help lines with those of this kind first."""
    return country.lines_for(kind)
