"""Words for forecasts and for what runs have taken."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetune.runs.form.fitting import change_query, change_words, lack_words
from finetune.training.forecast.fitting import Change
from finetune.training.forecast.outlook import Forecast

register = template.Library()
KILOWATT_HOUR = 3.6e6


@register.filter
def bytes_told(number: float | None) -> str:
    """Bytes as people say them."""
    if number is None:
        return "–"
    for size, unit in ((1e9, "GB"), (1e6, "MB")):
        if number >= size:
            amount = number / size
            return f"{amount:.2f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{number / 1e3:.0f} kB"


@register.filter
def energy_told(joules: float | None) -> str:
    """Joules as watt hours."""
    if joules is None:
        return "–"
    hours = joules / KILOWATT_HOUR
    return f"{hours:.2f} kWh" if hours >= 1 else f"{1000 * hours:.3g} Wh"


@register.filter
def basis_told(forecast: Forecast) -> str:
    """What a forecast rests on."""
    kind, count = forecast.basis.kind.name, forecast.basis.count
    if kind == "trial":
        return _("From the step that was tried with these settings.")
    if kind == "same":
        words = ngettext(
            "From %(count)s earlier run with this base and adapter on this machine.",
            "From %(count)s earlier runs with this base and adapter on this machine.",
            count,
        )
    elif kind == "adapter":
        words = ngettext(
            "From %(count)s earlier run with this adapter on another base.",
            "From %(count)s earlier runs with this adapter on another base.",
            count,
        )
    elif kind == "machine":
        words = ngettext(
            "From %(count)s earlier run with other adapters on this machine, so the band is wide.",
            "From %(count)s earlier runs with other adapters on this machine, so the band is wide.",
            count,
        )
    else:
        return _("No run has been measured on this machine, so the band is wide.")
    return words % {"count": count}


@register.filter
def lack_told(forecast: Forecast) -> str:
    return lack_words(forecast)


@register.filter
def change_told(change: Change, lacks: str) -> str:
    return change_words(change, lacks)


@register.filter
def change_value(change: Change) -> str:
    return change_query(change)
