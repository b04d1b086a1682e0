"""Tags of the chat templates."""

from django import template
from django.utils.translation import gettext

from chat.safety.library.lines import Country
from chat.words.selectors import ShownLine, lines_of

register = template.Library()


@register.simple_tag
def help_lines(country: Country, kind: str) -> list[ShownLine]:
    """The lines of a card, those of this kind first, each with its confirmation if there is one."""
    return lines_of(country, country.lines_for(kind))


@register.filter
def country_name(country: Country) -> str:
    """Its name in the language of the page."""
    return gettext(country.name)


@register.filter
def all_confirmed(shown: list[ShownLine]) -> bool:
    """Whether an operator has confirmed each of these lines."""
    return all(one.confirmed_at for one in shown)
