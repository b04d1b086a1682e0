"""What makes a table less than fair, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Warned:
    """Something to know before the table is believed.

    Attributes:
        kind: `edge`, `failed`, `precision`, `one_seed` or `grid`.
        text: English, with `%(name)s` gaps.
        values: what fills them.
    """

    kind: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """The sentence."""
        return self.text % self.values


WARNINGS: Mapping[str, str] = {
    "edge": "The best learning rate of %(arm)s, %(rate)s, is at the edge of those that were tried: "
    "a better one may lie beyond.",
    "failed": "Runs of %(arm)s without a result: %(count)s. %(why)s",
    "precision": "Runs were computed in different number formats: %(formats)s.",
    "one_seed": "With one seed nothing can be said about other seeds.",
    "grid": "One learning rate was tried for %(arm)s: another arm may only be better tuned.",
}
