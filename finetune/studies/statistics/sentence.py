"""What a study found, in one sentence of plain words, made from its numbers and nothing else.

A sentence is a kind, its numbers, and one of the texts of `SENTENCES` with what fills its gaps;
`wukongsite/study_words.py` has the texts once more for translation.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .differences import Difference
from .figures import interval_figures, shortest
from .power import MOST_SEEDS, SIZE, Limit, Needed, seeds_needed


class Kind(enum.StrEnum):
    """What was found."""

    NOT_ENOUGH = "not_enough"
    ONE_SEED = "one_seed"
    IDENTICAL = "identical"
    LOWER = "lower"
    HIGHER = "higher"
    EQUIVALENT = "equivalent"  # the whole interval lies within the size asked for
    NO_DIFFERENCE = "no_difference"


ADDED = "%(a)s added %(estimate)s (%(low)s to %(high)s) over %(b)s on test"
NOT_FOUND = f"{ADDED}: no difference was found"
SENTENCES = {
    "not_enough": (
        "%(a)s cannot be compared with %(b)s on test yet: it takes ten dialogues, and a"
        " seed that both were trained with."
    ),
    "identical": "%(a)s and %(b)s scored the same on each dialogue of test, under every seed.",
    "one_seed": f"{ADDED}, with one seed: the interval is over dialogues, not over seeds.",
    "lower_better": f"{ADDED}: lower, which is better.",
    "higher_worse": f"{ADDED}: higher, which is worse.",
    "lower_worse": f"{ADDED}: lower, which is worse.",
    "higher_better": f"{ADDED}: higher, which is better.",
    "lower_better_small": f"{ADDED}: lower, which is better, but by less than %(size)s.",
    "higher_worse_small": f"{ADDED}: higher, which is worse, but by less than %(size)s.",
    "lower_worse_small": f"{ADDED}: lower, which is worse, but by less than %(size)s.",
    "higher_better_small": f"{ADDED}: higher, which is better, but by less than %(size)s.",
    "equivalent": f"{ADDED}: no difference larger than %(size)s.",
    "enough": f"{NOT_FOUND}; one of %(size)s would have been seen four times in five.",
    "one_more_seed": f"{NOT_FOUND}; 1 more seed would be needed to see %(size)s.",
    "seeds": f"{NOT_FOUND}; %(seeds)s more seeds would be needed to see %(size)s.",
    "many_seeds": f"{NOT_FOUND}; more than %(seeds)s seeds would be needed to see %(size)s.",
    "dialogues": f"{NOT_FOUND}; %(dialogues)s dialogues would be needed to see %(size)s.",
    "dialogues_one_more_seed": (
        f"{NOT_FOUND}; %(dialogues)s dialogues and 1 more seed would be needed to see %(size)s."
    ),
    "dialogues_seeds": (
        f"{NOT_FOUND}; %(dialogues)s dialogues and %(seeds)s more seeds would be needed to see"
        " %(size)s."
    ),
    "dialogues_many_seeds": (
        f"{NOT_FOUND}; %(dialogues)s dialogues and more than %(seeds)s seeds would be needed to"
        " see %(size)s."
    ),
}


@dataclass(frozen=True)
class Sentence:
    """What was found.

    Attributes:
        kind: of finding.
        numbers: all that it rests on, not rounded, by name; None where there is none.
        text: one of `SENTENCES`, with `%(name)s` gaps.
        values: what fills them, numbers as they are to be read.
    """

    kind: Kind
    numbers: Mapping[str, float | int | None]
    text: str
    values: Mapping[str, str]

    @property
    def english(self) -> str:
        """The sentence."""
        return self.text % self.values

    @property
    def parts(self) -> list[dict[str, Any]]:
        """As the filter `said` takes it, to say it in the language of a page."""
        return [{"text": self.text, "values": dict(self.values)}]


def sentence_of(
    difference: Difference | None,
    what_a: str,
    what_b: str,
    size: float = SIZE,
    *,
    better: Literal["lower", "higher"] = "lower",
) -> Sentence:
    """Say what was found.

    Args:
        difference: arm A minus arm B; None where they could not be compared (`NotEnoughError`).
        what_a: arm A, such as "The circuit"; it begins the sentence.
        what_b: arm B, such as "its equal-size twin".
        size: the difference that would matter, in the unit of the scores, above zero.
        better: which scores are better; of losses the lower ones.
    """
    values = {"a": what_a, "b": what_b, "size": shortest(size)}
    if difference is None:
        kind = Kind.NOT_ENOUGH
        return Sentence(kind, {"size": size}, SENTENCES[kind], values)
    kind = kind_of(difference, size)
    needed = seeds_needed(difference, size) if kind is Kind.NO_DIFFERENCE else None
    numbers: dict[str, float | int | None] = {
        "estimate": difference.estimate,
        "low": difference.low,
        "high": difference.high,
        "seeds": difference.seeds,
        "dialogues": difference.dialogues,
        "confidence": difference.confidence,
        "comparisons": difference.comparisons,
        "corrected_p_value": difference.corrected_p_value,
        "size": size,
        "more_seeds": needed.more_seeds if needed else None,
        "dialogues_needed": needed.dialogues if needed else None,
    }
    values |= _figures(difference, size)
    if needed is not None:
        name, lacking = _lacking(needed)
        return Sentence(kind, numbers, SENTENCES[name], values | lacking)
    name = kind.value
    if kind in (Kind.LOWER, Kind.HIGHER):
        name += "_better" if kind.value == better else "_worse"
        name += "_small" if _is_within(difference, size) else ""
    return Sentence(kind, numbers, SENTENCES[name], values)


def kind_of(difference: Difference, size: float) -> Kind:
    """What kind of finding a difference is."""
    if difference.identical:
        return Kind.IDENTICAL
    if not difference.seeds_known:
        return Kind.ONE_SEED
    if difference.is_found:
        return Kind.LOWER if difference.high < 0 else Kind.HIGHER
    return Kind.EQUIVALENT if _is_within(difference, size) else Kind.NO_DIFFERENCE


def _is_within(difference: Difference, size: float) -> bool:
    return -size < difference.low and difference.high < size


def _figures(difference: Difference, size: float) -> dict[str, str]:
    figures = interval_figures(
        difference.estimate, difference.low, difference.high, marks=(0.0, -size, size)
    )
    return dict(zip(("estimate", "low", "high"), figures, strict=True))


def _lacking(needed: Needed) -> tuple[str, dict[str, str]]:
    """Which text says what would have to be there, and what fills its gaps."""
    if needed.limit is Limit.NOTHING:
        return "enough", {}
    more = needed.more_seeds
    if more is None:
        seeds, name = MOST_SEEDS, "many_seeds"
    else:
        seeds, name = more, {0: "", 1: "one_more_seed"}.get(more, "seeds")
    values = {"seeds": str(seeds)}
    if needed.dialogues is None:
        return name, values
    name = f"dialogues_{name}" if name else "dialogues"
    return name, values | {"dialogues": str(needed.dialogues)}
