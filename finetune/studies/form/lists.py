"""A field for several numbers, typed as people type them: `0.003, 0.01; 3e-2`."""

from __future__ import annotations

import math
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

BETWEEN = re.compile(r"[\s,;，；、]+")
MOST = 40


class ListField(forms.CharField):
    """Numbers between `low` and `high`, each once, in their order; floats are more than `low`."""

    def __init__(self, *, kind: type[int] | type[float], low: float, high: float, **more: Any):
        attrs = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
        super().__init__(max_length=400, widget=forms.TextInput(attrs=attrs), **more)
        self.kind, self.low, self.high = kind, low, high

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return ", ".join(f"{one:.10g}" if self.kind is float else str(one) for one in value)
        return value

    def clean(self, value: Any) -> list[Any]:
        """Read the numbers; the first one that cannot be used is named."""
        text = super().clean(self.prepare_value(value))
        numbers = [self._number(part) for part in BETWEEN.split(text) if part]
        if len(numbers) > MOST:
            raise ValidationError(_("At most %(most)s numbers.") % {"most": MOST})
        return list(dict.fromkeys(numbers))

    def _number(self, part: str) -> int | float:
        try:
            number = self.kind(part) if part.isascii() and "_" not in part else None
        except ValueError:
            number = None
        above = number is not None and (
            number > self.low if self.kind is float else number >= self.low
        )
        if number is None or not math.isfinite(number) or not above or number > self.high:
            raise ValidationError(
                _("“%(text)s” is no number that can be used here: from %(low)s to %(high)s.")
                % {"text": part[:40], "low": f"{self.low:g}", "high": f"{self.high:.10g}"}
            )
        return number
