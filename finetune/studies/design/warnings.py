"""What makes a table less than fair, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Warned:
    """Something to know before the table is believed.

    Attributes:
        kind: `edge`, `failed`, `precision`, `one_seed` or `grid`.
        text: English, with `%(name)s` gaps.
        values: what fills them; under `arms` a list of pairs, an arm and its learning rate.
    """

    kind: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The sentence."""
        return self.text % filled(self.values, str)


def filled(values: Mapping[str, Any], said: Callable[[str], str]) -> dict[str, Any]:
    """A warning's values as texts, its arms in a row.

    Args:
        values: of the warning.
        said: an arm's words in the language that is written.
    """
    pairs = values.get("arms", [])
    arms = (f"{said(arm)} ({rate})" if rate else said(arm) for arm, rate in pairs)
    return {**values, "arms": ", ".join(arms)}


WARNINGS: Mapping[str, str] = {
    "edge": "The best learning rate is at the edge of those that were tried, so that a better one "
    "may lie beyond: %(arms)s.",
    "failed": "Runs of %(arm)s without a result: %(count)s. %(why)s",
    "precision": "Runs were computed in different number formats: %(formats)s.",
    "one_seed": "With one seed nothing can be said about other seeds.",
    "grid": "One learning rate alone was tried, so that another arm may only be better tuned: "
    "%(arms)s.",
}
