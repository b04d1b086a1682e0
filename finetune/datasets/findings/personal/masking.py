"""Masks in the place of personal data: `[EMAIL]`, `[PHONE]`, …"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .patterns import FINDERS


@dataclass(frozen=True)
class Hit:
    """Personal data in a text: what kind, and where."""

    kind: str
    start: int
    end: int


def hits(text: str) -> list[Hit]:
    """What is in a text, in order; where two kinds overlap, the first of `FINDERS` holds."""
    found: list[Hit] = []
    for kind, finder in FINDERS.items():
        for start, end in finder(text):
            if not any(start < one.end and one.start < end for one in found):
                found.append(Hit(kind, start, end))
    return sorted(found, key=lambda one: one.start)


def masked(text: str, at: list[Hit] | None = None) -> str:
    """The text with a mask in the place of each.

    >>> masked("Write to ann@example.org, or call +44 20 7946 0958.")
    'Write to [EMAIL], or call [PHONE].'
    """
    return "".join(_pieces(text, hits(text) if at is None else at))


def _pieces(text: str, at: list[Hit]) -> Iterator[str]:
    end = 0
    for hit in at:
        yield text[end : hit.start]
        yield f"[{hit.kind}]"
        end = hit.end
    yield text[end:]
