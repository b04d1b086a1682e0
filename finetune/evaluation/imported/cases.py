"""One case of an imported evaluation: what is asked, and what has to hold of the reply.

What cannot be judged here (a model as a judge, code) is said and never passes in silence. Knows
nothing of models, or of the forms that cases come in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.evaluation.replies.text_metrics import compared, rouge_l, tokenizer_of, tokens_of
from finetune.training.dialogues.folding import Message
from finetune.training.exceptions import BadData

LEVENSHTEIN = 5.0  # Promptfoo's threshold where none is given
SIMILAR = 0.75  # likewise of ROUGE
MOST_CASES = 10_000
MOST_SIGNS = 20_000_000  # of all messages and values together: short files can make long ones


@dataclass(frozen=True)
class Check:
    """Something that has to hold of a reply.

    Attributes:
        kind: one of `KINDS`, or another name, which is not judged.
        value: what it is compared with.
        threshold: of a measure.
        negated: it must not hold.
        weight: in a case with a threshold of its own.
    """

    kind: str
    value: Any = None
    threshold: float | None = None
    negated: bool = False
    weight: float = 1.0

    @property
    def judged(self) -> bool:
        """Whether it can be told here."""
        return self.kind in KINDS and not (self.kind in WITHOUT_VALUE and self.value is not None)

    def holds(self, reply: str) -> bool:
        """Tell whether it holds. Only for what is `judged`."""
        return KINDS[self.kind](self, reply) != self.negated


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        line: its number in the file, from 1.
        messages: the dialogue to answer.
        checks: what has to hold.
        threshold: the weighted share of checks that is enough; None: all of them.
        name: what its file calls it.
    """

    line: int
    messages: list[Message]
    checks: tuple[Check, ...]
    threshold: float | None = None
    name: str = ""

    @property
    def unjudged(self) -> list[str]:
        """Kinds of its checks that cannot be told here."""
        return sorted({check.kind for check in self.checks if not check.judged})

    def passes(self, reply: str) -> bool | None:
        """Tell whether a reply passes; None where a check cannot be judged, or there is none."""
        if not self.checks or self.unjudged:
            return None
        held = [check.holds(reply) for check in self.checks]
        if self.threshold is None:
            return all(held)
        weights = [check.weight for check in self.checks]
        share = sum(w for w, one in zip(weights, held, strict=True) if one)
        return share >= self.threshold * sum(weights)


def bounded(path: Path, cases: Iterable[Case]) -> list[Case]:
    """Return cases while they are made. Raises BadData: there are none, or too much."""
    found: list[Case] = []
    signs = 0
    for case in cases:
        found.append(case)
        signs += sum(len(str(one["content"])) for one in case.messages)
        signs += sum(len(str(check.value)) for check in case.checks)
        if len(found) > MOST_CASES:
            raise BadData(f"{path} makes more than {MOST_CASES:,} cases.")
        if signs > MOST_SIGNS:
            raise BadData(f"{path} makes cases of more than {MOST_SIGNS:,} signs.")
    if not found:
        raise BadData(f"{path} holds no case.")
    return found


def _texts(value: Any) -> list[str]:
    """Return a list of texts; Promptfoo takes one with commas, too."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(part) for part in value]


def _equals(check: Check, reply: str) -> bool:
    if isinstance(check.value, Mapping | list):
        return bool(_json(reply) == check.value)
    return reply.strip() == str(check.value).strip()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _contains_json(check: Check, reply: str) -> bool:
    starts = (at for at, letter in enumerate(reply) if letter in "[{")
    for at in starts:
        try:
            json.JSONDecoder().raw_decode(reply[at:])
        except ValueError:
            continue
        return True
    return False


def _distance(check: Check, reply: str) -> bool:
    """Levenshtein's distance is within the threshold."""
    wanted = str(check.value)
    row = list(range(len(wanted) + 1))
    for number, letter in enumerate(reply, start=1):
        before, row[0] = row[0], number
        for at, other in enumerate(wanted, start=1):
            cost = min(before + (letter != other), row[at] + 1, row[at - 1] + 1)
            before, row[at] = row[at], cost
    return row[-1] <= (LEVENSHTEIN if check.threshold is None else check.threshold)


def _words(check: Check, reply: str) -> bool:
    count, value = len(reply.split()), check.value
    if isinstance(value, Mapping):
        return bool(value.get("min", 0) <= count <= value.get("max", count))
    return count == int(value)


def _rouge_l(check: Check, reply: str) -> bool:
    tokenizer = tokenizer_of([str(check.value)])
    score = rouge_l(tokens_of(reply, tokenizer), tokens_of(str(check.value), tokenizer))
    return score >= (SIMILAR if check.threshold is None else check.threshold)


def _bleu(check: Check, reply: str) -> bool:
    score = compared([reply], [str(check.value)])[0]["bleu"] / 100
    return bool(score >= (0.5 if check.threshold is None else check.threshold))


def _any(wanted: Sequence[str], reply: str) -> bool:
    return any(one in reply for one in wanted)


def _all(wanted: Sequence[str], reply: str) -> bool:
    return all(one in reply for one in wanted)


def _low(value: Any) -> list[str]:
    return [one.lower() for one in _texts(value)]


WITHOUT_VALUE = ("is-json", "contains-json")  # a schema is not judged here
KINDS: Mapping[str, Callable[[Check, str], bool]] = {
    "equals": _equals,
    "iequals": lambda check, reply: reply.strip().lower() == str(check.value).strip().lower(),
    "equals-any": lambda check, reply: reply.strip() in [str(one).strip() for one in check.value],
    "contains": lambda check, reply: str(check.value) in reply,
    "icontains": lambda check, reply: str(check.value).lower() in reply.lower(),
    "contains-any": lambda check, reply: _any(_texts(check.value), reply),
    "contains-all": lambda check, reply: _all(_texts(check.value), reply),
    "icontains-any": lambda check, reply: _any(_low(check.value), reply.lower()),
    "icontains-all": lambda check, reply: _all(_low(check.value), reply.lower()),
    "starts-with": lambda check, reply: reply.startswith(str(check.value)),
    "regex": lambda check, reply: re.search(str(check.value), reply) is not None,
    "is-json": lambda check, reply: isinstance(_json(reply), Mapping | list),
    "contains-json": _contains_json,
    "levenshtein": _distance,
    "word-count": _words,
    "rouge-l": _rouge_l,
    "bleu": _bleu,
}
