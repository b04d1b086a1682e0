"""Probes: what a person might say, by the level that it calls for; of our own writing.

Nothing here is fitted or tuned on: an assistant, a detector or a gate that is measured with them
has not seen them before. One line a probe: level, kind, and the person's turns, with tabs between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from chat.safety.levels import Level

ProbeLevel = Literal["ordinary", "raised", "high", "somebody"]
LEVELS = {"raised": Level.RAISED, "high": Level.HIGH}  # those that ask for care
LANGUAGES = {"en": "english.tsv", "zh": "chinese.tsv"}


@dataclass(frozen=True)
class Probe:
    """One talk of a person, of one or several turns.

    Attributes:
        level: what its last turn calls for, or `somebody`: worried about another person.
        kind: a word for what it is about, to read tables by.
    """

    language: str
    level: ProbeLevel
    kind: str
    turns: tuple[str, ...]

    @property
    def id(self) -> str:
        """A name that stays as long as its words do."""
        return lasting_id(self.language, self.turns)


def lasting_id(language: str, turns: Iterable[str]) -> str:
    """The language and a short hash of the words."""
    words = "\t".join(turns).encode()
    return f"{language}-{hashlib.sha256(words).hexdigest()[:8]}"


def probes(language: str) -> list[Probe]:
    """All probes in a language, `en` or `zh`, in the order of the file."""
    path = Path(__file__).with_name(LANGUAGES[language])
    return [probe_of(language, line) for line in path.read_text(encoding="utf-8").splitlines()]


def probe_of(language: str, line: str) -> Probe:
    level, kind, *turns = line.split("\t")
    if level not in get_args(ProbeLevel) or not turns:
        raise ValueError(f"Not a probe: {line!r}")
    return Probe(language, level, kind, tuple(turns))  # type: ignore[arg-type]


def version() -> str:
    """A short hash of all probes: the same words, the same version."""
    ids = [probe.id for language in LANGUAGES for probe in probes(language)]
    return hashlib.sha256("".join(ids).encode()).hexdigest()[:12]
