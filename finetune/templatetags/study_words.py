"""Numbers and warnings of studies, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from finetune.runs.page.verdicts import metric
from finetune.studies.design.arms import TITLES
from finetune.studies.design.warnings import filled

register = template.Library()
MINUS = "−"
FORMATS = frozenset({"arm", "why"})


@register.filter
def rate(value: float | None) -> str:
    """A learning rate without needless zeros.

    >>> rate(0.003), rate(1e-05), rate(None)
    ('0.003', '1e-05', '–')
    """
    return "–" if value is None else f"{value:g}"


@register.filter
def signed(value: float | None) -> str:
    """A difference of losses with its sign: four decimals, more where it is smaller than these.

    >>> signed(-0.00321), signed(0.0114), signed(0), signed(0.00001)
    ('−0.0032', '+0.0114', '±0', '+1e-5')
    """
    if value is None:
        return "–"
    if value == 0:
        return "±0"
    size = abs(value)
    words = f"{size:.4f}" if size >= 5e-4 else metric(size, 2)
    return (MINUS if value < 0 else "+") + words


@register.filter
def seconds_told(value: float | None) -> str:
    """What a step takes.

    >>> seconds_told(1.234), seconds_told(0.0312)
    ('1.23 s', '31 ms')
    """
    if value is None:
        return "–"
    return f"{value:.3g} s" if value >= 0.1 else f"{1000 * value:.2g} ms"


@register.filter
def warned(warning: Mapping[str, Any]) -> str:
    """A warning of the table in the language of the page; arms by their words in it."""
    values = filled(warning["values"], _said)
    values |= {name: _said(values[name]) for name in FORMATS & values.keys()}
    return _(str(warning["text"])) % values


def _said(arm: str) -> str:
    """An arm in the language of the page; any other text as it is."""
    return _(arm) if arm in TITLES.values() else arm
