"""Options of adapters and backends: their description for forms and their validation.

Pure Python; it knows nothing about any particular adapter or backend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from quantum.exceptions import OptionError

OptionValue = int | float | str | bool
Options = dict[str, OptionValue]


@dataclass(frozen=True)
class OptionField:
    """One option of an adapter, as a form shows it.

    Attributes:
        name: Key in the options.
        label: Label beside the input.
        kind: Type of the value.
        default: Value where none is given.
        minimum: Smallest number allowed.
        maximum: Largest number allowed.
        choices: Allowed texts with a line of help each.
        help: One plain line, shared by form, docs and error message.
    """

    name: str
    label: str
    kind: Literal["int", "float", "choice", "bool"]
    default: OptionValue
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.kind == "choice":
            return ", ".join(value for value, _ in self.choices)
        if self.kind == "bool":
            return "true or false"
        noun = "a whole number" if self.kind == "int" else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{noun} from {self.minimum:g} to {self.maximum:g}"
        return noun if self.minimum is None else f"{noun} from {self.minimum:g}"

    def clean(self, value: Any) -> OptionValue:
        """The value in its type.

        Args:
            value: As given by a form (text), JSON or Python.

        Raises:
            OptionError: Wrong type or out of range.

        >>> OptionField("r", "Rank", "int", 8, 1, 12).clean("4")
        4
        """
        if self.kind == "choice":
            if str(value) not in [choice for choice, _ in self.choices]:
                raise OptionError(self.name, f"{value!r} is not a choice", self.allowed)
            return str(value)
        if self.kind == "bool":
            text = str(value).strip().lower()
            if text not in {"true", "false", "1", "0", "on", "off", ""}:
                raise OptionError(self.name, f"{value!r} is not a yes or no", self.allowed)
            return text in {"true", "1", "on"}
        number = self._number(value)
        too_small = self.minimum is not None and number < self.minimum
        too_large = self.maximum is not None and number > self.maximum
        if too_small or too_large:
            word = "small" if too_small else "large"
            raise OptionError(self.name, f"{number:g} is too {word}", self.allowed)
        return int(number) if self.kind == "int" else number

    def _number(self, value: Any) -> float:
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise OptionError(self.name, f"{value!r} is not a number", self.allowed) from None
        if not math.isfinite(number) or (self.kind == "int" and number != int(number)):
            raise OptionError(self.name, f"{value!r} does not fit", self.allowed)
        return number


def validate_options(fields: tuple[OptionField, ...], given: Mapping[str, Any]) -> Options:
    """Normalise options: defaults filled in, texts turned into numbers, ranges checked.

    Raises:
        OptionError: An unknown name, a wrong type or a value out of range.
    """
    known = {item.name: item for item in fields}
    for name in given:
        if name not in known:
            raise OptionError(str(name), "is not an option here", ", ".join(known))
    return {
        name: item.clean(given[name]) if given.get(name) is not None else item.default
        for name, item in known.items()
    }
