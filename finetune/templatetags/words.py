"""Numbers as a person reads them: `{% load words %}`. Knows nothing about what they count."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext, pgettext

register = template.Library()

MISSING = "–"
Number = float | str | None  # templates hand over an empty string for what is not there


@register.filter
def in_words(text: str) -> str:
    """What a library or a row says in English, in the language of the page."""
    return gettext(text) if text else ""


@register.filter
def said(parts: list[dict[str, Any]] | None, words: str) -> str:
    """Sentences of a library in the language of the page; an older row kept only `words`."""
    return " ".join(gettext(part["text"]) % part["values"] for part in parts or []) or words


@register.filter
def duration(seconds: Number) -> str:
    """Say a span in its two largest units: 45 s, 2 min 10 s, 3 h 5 min, 2 d 4 h.

    >>> duration(130.4), duration(0.2), duration(90061), duration(None)
    ('2 min 10 s', 'under 1 s', '1 d 1 h', '–')
    """
    if seconds is None or seconds == "":
        return MISSING
    total = round(float(seconds))
    if total < 1:
        return pgettext("time", "under 1 s")
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [
        (days, pgettext("time", "d")),
        (hours, pgettext("time", "h")),
        (minutes, pgettext("time", "min")),
        (left, pgettext("time", "s")),
    ]
    while parts and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)


@register.filter
def count(value: Number) -> str:
    """Group the digits of a whole number with thin spaces.

    >>> count(1234567).replace("\\u202f", " "), count(12), count(None)
    ('1 234 567', '12', '–')
    """
    if value is None or value == "":
        return MISSING
    return f"{int(value):,}".replace(",", "\u202f")


@register.filter
def short(value: Number) -> str:
    """A count in at most four characters: 950, 1.2k, 34k, 5.6M, 1.2B.

    >>> short(950), short(1234), short(34_500), short(999_900), short(1.24e9), short(None)
    ('950', '1.2k', '34k', '1.0M', '1.2B', '–')
    """
    if value is None or value == "":
        return MISSING
    number = float(value)
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= 0.9995 * size:  # 999.9k is told as 1.0M, not as 1000k
            scaled = number / size
            return f"{scaled:.1f}{letter}" if abs(scaled) < 10 else f"{scaled:.0f}{letter}"
    return f"{number:.0f}"


@register.filter
def fixed(value: Number, places: int = 3) -> str:
    """A number with a fixed count of decimals, or a dash where there is none.

    >>> fixed(2.34567), fixed(None), fixed("nan")
    ('2.346', '–', '–')
    """
    if value is None or value == "" or float(value) != float(value):
        return MISSING
    return f"{float(value):.{int(places)}f}"


@register.filter
def percent(value: Number, places: int = 0) -> str:
    """A share as a percentage.

    >>> percent(0.125, 1), percent(None)
    ('12.5 %', '–')
    """
    if value is None or value == "":
        return MISSING
    return f"{100 * float(value):.{int(places)}f} %"
