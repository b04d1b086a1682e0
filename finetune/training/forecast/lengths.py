"""How long dialogues are: as the check of a data set has counted, and as the trainer cuts them.

Knows nothing of torch, of Django or of where the numbers are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from finetune.training.settings import RunSettings

MESSAGE_TOKENS = 5  # that a chat template puts around each message
LENGTHS = 21  # places at which lengths of dialogues are read


@dataclass(frozen=True)
class DataSize:
    """What is known of the data.

    Attributes:
        dialogues: to learn from.
        mean_tokens: of one dialogue's contents.
        messages: of one dialogue, on average.
        lengths: tokens of dialogues' contents at even steps from the shortest to the longest.
        held_out: dialogues to measure on; None where that is not known.
    """

    dialogues: int | None = None
    mean_tokens: float | None = None
    messages: float = 6.0
    lengths: tuple[float, ...] = ()
    held_out: int | None = None

    @classmethod
    def of_report(
        cls, report: Mapping[str, Any], *, learnt: int | None, held_out: int | None
    ) -> Self:
        """What the check of a data set has counted.

        Args:
            report: of the check.
            learnt: dialogues to learn from.
            held_out: dialogues to measure on.
        """
        tokens, dialogues = report.get("tokens"), report.get("dialogues")
        if not (tokens and dialogues):
            return cls(dialogues=learnt or None, held_out=held_out)
        return cls(
            dialogues=learnt or None,
            mean_tokens=tokens / dialogues,
            messages=report.get("turns", 0) / dialogues,
            lengths=lengths_by(report.get("histogram") or (), report.get("lengths", {})),
            held_out=held_out,
        )


NO_DATA = DataSize()


def lengths_of(settings: RunSettings, data: DataSize) -> list[float]:
    """Tokens of dialogues as the trainer cuts them, at even steps; empty where nobody knows."""
    if not data.mean_tokens:
        return []
    system = system_tokens(settings.system_prompt)
    around = 1 + MESSAGE_TOKENS * data.messages / data.mean_tokens
    lengths = data.lengths or (data.mean_tokens,)
    return [max(2.0, min(system + around * length, settings.sequence_length)) for length in lengths]


def lengths_by(bins: Sequence[Mapping[str, int]], ends: Mapping[str, float]) -> tuple[float, ...]:
    """Tokens of dialogues at even steps from the shortest to the longest.

    Args:
        bins: of their histogram, `from`, `to` and `count`.
        ends: with the longest as `max`.
    """
    total = sum(one["count"] for one in bins)
    steps: list[float] = []
    for step in range(LENGTHS if total else 0):
        place, before = step / (LENGTHS - 1) * total, 0
        for one in bins:
            if one["count"] and place <= before + one["count"]:
                share = (place - before) / one["count"]
                steps.append(one["from"] + share * (one["to"] - one["from"]))
                break
            before += one["count"]
    longest = ends.get("max", math.inf)
    return tuple(min(length, longest) for length in steps)


def system_tokens(text: str) -> float:
    """About; a character of another script than Latin is a token, or nearly."""
    if not text:
        return 0.0
    plain = sum(character.isascii() for character in text)
    return plain / 4.5 + (len(text) - plain) / 1.2 + MESSAGE_TOKENS


def mean_above(lengths: list[float], share: float) -> float:
    """The mean of lengths above a share of them; `lengths` stand at even steps."""
    last = len(lengths) - 1
    places = [share + (1 - share) * (index + 0.5) / 8 for index in range(8)]

    def at(place: float) -> float:
        low = min(int(place * last), max(0, last - 1))
        high = min(low + 1, last)
        return lengths[low] + (place * last - low) * (lengths[high] - lengths[low])

    return sum(at(place) for place in places) / len(places)
