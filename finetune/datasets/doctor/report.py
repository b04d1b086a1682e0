"""What an examination found, as plain data for pages and the API."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from finetune.datasets.formats.form import DIALOGUES

HISTOGRAM_BINS = 20


@dataclass(frozen=True)
class Problem:
    """One bad or remarkable line.

    Attributes:
        start: first byte of its record in the file; -1 where that is not known.
        size: bytes of the record.
        member: file of an archive and line there, `a.jsonl:3`; `line` goes on over all files.
    """

    line: int
    check: str
    severity: str
    reason: str
    fix: str
    start: int = -1
    size: int = 0
    member: str = ""


@dataclass
class Part:
    """One of the two files that were written."""

    file: str
    dialogues: int = 0
    turns: int = 0
    tokens: int = 0


@dataclass
class Report:
    """Result of `examine`.

    Attributes:
        format: name in `FORMATS`.
        format_title: what people call it.
        kind: what a record is, `dialogues` or `preference` (a pair of replies); in what follows a
            pair counts as a dialogue, whose tokens are those of the longer of its two.
        container: what the records stand in: `jsonl`, `json`, `object`, `csv`, `text`, `whatsapp`,
            `telegram`, `parquet`, `arrow` or `xlsx`.
        packing: `gz` or `zip`, where that is packed.
        encoding: of its text; empty where there is none.
        members: files of an archive, or the sheet of a workbook, that were read.
        left: those that were not.
        bytes: size of the upload.
        records: records read, good and bad.
        dialogues: usable dialogues, without duplicates.
        turns: messages in them.
        tokens: tokens of their contents.
        tokens_estimated: whether tokens are guessed (no tokenizer was given).
        roles: messages by role.
        duplicates: dialogues left out because one before is the same, letter by letter.
        near_duplicates: dialogues kept although one before has nearly the same words.
        starts_with_assistant: dialogues in which the assistant speaks first.
        ends_with_user: dialogues whose last turn nobody answers; nothing is learned from it.
        unused: keys or columns that no message is made of, `{"key", "records"}`, most first.
        beside: keys of the object that holds the file's list of records; nothing is read from them.
        speakers: people who speak in the first records, of a form whose turns are theirs.
        assistant: which of them is the assistant in the whole file; empty where it is the second
            one of each dialogue.
        guessed: whether the file, and not the uploader, says who the assistant is.
        columns: columns of a table, or keys of the first record: what a mapping can name.
        mapping: which column is what, for tables.
        lengths: min, median, mean, p95, max in tokens per dialogue.
        histogram: bins of `{"from", "to", "count"}` in tokens per dialogue (`to` excluded).
        problem_counts: lines by check, warnings included.
        errors: lines that were left out.
        warnings: lines that were kept but deserve a look.
        problems: the first of them; all are in `problems.jsonl`.
        preview: the first dialogues, normalised.
        train: the training file.
        validation: the held-out file.
        seed: seed of the split.
        validation_fraction: share held out.
        by_person: whether the dialogues of one person are on the same side.
        persons: how many were told apart; 0 where it was not asked for, or nobody is named.
    """

    format: str = ""
    format_title: str = ""
    kind: str = DIALOGUES
    container: str = ""
    packing: str = ""
    encoding: str = ""
    members: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    bytes: int = 0
    records: int = 0
    dialogues: int = 0
    turns: int = 0
    tokens: int = 0
    tokens_estimated: bool = False
    roles: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    near_duplicates: int = 0
    starts_with_assistant: int = 0
    ends_with_user: int = 0
    unused: list[dict[str, Any]] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    assistant: str = ""
    guessed: bool = False
    columns: list[str] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, float] = field(default_factory=dict)
    histogram: list[dict[str, int]] = field(default_factory=list)
    problem_counts: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    warnings: int = 0
    problems: list[Problem] = field(default_factory=list)
    preview: list[dict[str, Any]] = field(default_factory=list)
    train: Part = field(default_factory=lambda: Part("train.jsonl"))
    validation: Part = field(default_factory=lambda: Part("validation.jsonl"))
    seed: int = 0
    validation_fraction: float = 0.0
    by_person: bool = False
    persons: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)

    def to_json(self) -> str:
        """Return JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def measure(self, lengths: list[int]) -> None:
        """Fill in `lengths` and `histogram` from tokens per dialogue."""
        if not lengths:
            return
        ordered = sorted(lengths)
        last = len(ordered) - 1
        self.lengths = {
            "min": ordered[0],
            "median": ordered[len(ordered) // 2],
            "mean": round(sum(ordered) / len(ordered), 1),
            "p95": ordered[min(last, int(0.95 * len(ordered)))],
            "max": ordered[-1],
        }
        low, high = ordered[0], ordered[-1] + 1
        width = max(1, -(-(high - low) // HISTOGRAM_BINS))
        bins = -(-(high - low) // width)
        counts = [0] * bins
        for length in ordered:
            counts[(length - low) // width] += 1
        self.histogram = [
            {"from": low + index * width, "to": low + (index + 1) * width, "count": count}
            for index, count in enumerate(counts)
        ]
