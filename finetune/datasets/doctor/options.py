"""How a file is to be examined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from finetune.datasets.formats.table import MAPPING_KEYS
from finetune.datasets.reading.encodings import ENCODINGS
from finetune.datasets.reading.limits import Limits


@dataclass(frozen=True)
class Options:
    """How to examine a file.

    Attributes:
        format: a name in `FORMATS`; None recognises it from the content.
        encoding: how a text without a mark is written, a name in `ENCODINGS`; empty is UTF-8.
        mapping: for tables, role or "group" -> column name.
        speaker: of a form whose turns are people's: the one who is the assistant; empty guesses.
        consent: whether everybody who writes in a messenger's chat agreed.
        seed: seed of the split.
        validation_fraction: share of the dialogues held out, 0 to 0.9.
        by_person: keep the dialogues of one person (`person` beside the messages, or a table's
            column) on the same side.
        limits: bounds of what is read.
        control_tokens: further texts that models keep for themselves, to be pointed out; the
            well-known ones and those of the tokenizer always are.
    """

    format: str | None = None
    encoding: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    speaker: str = ""
    consent: bool = False
    seed: int = 7
    validation_fraction: float = 0.1
    by_person: bool = False
    limits: Limits = field(default_factory=Limits)
    control_tokens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.validation_fraction <= 0.9:
            raise ValueError("validation_fraction must be between 0 and 0.9")
        if self.encoding and self.encoding not in ENCODINGS:
            raise ValueError(f"encoding: unknown; known: {', '.join(ENCODINGS)}")
        unknown = set(self.mapping) - set(MAPPING_KEYS)
        if unknown:
            raise ValueError(
                f"mapping: unknown {', '.join(sorted(unknown))}; known: {', '.join(MAPPING_KEYS)}"
            )
