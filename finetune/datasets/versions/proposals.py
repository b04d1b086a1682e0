"""What can be mended of the problems that a check wrote, and one problem's fix as a difference.

One record is read again by its place in the file: a seek and at most one line's bytes. A table, and
what is packed or in another encoding, has no such places; its records are read once more from the
start, as long as there are few.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.places import Places
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.formats.registry import FORMATS
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.records import source_of
from finetune.datasets.reading.sniffing import sniff

from .mending.record import Mended, Mender

TRIED = 5000  # problems of one check that are tried
SECONDS = 20.0  # and for how long
AGAIN_BYTES = 1 << 24  # of what is read again from its start, unpacked
MENDED_CHECKS = frozenset({"control_token"})  # warnings that have a fix

Row = dict[str, Any]


class Proposals:
    """The fixes of one checked data set.

    Args:
        folder: of the data set.
        report: what its check found.
        options: as it was checked.
    """

    def __init__(self, folder: Path, report: dict[str, Any], options: Options) -> None:
        self._original = folder / "original"
        self._folder = folder
        self._report = report
        self._options = options
        self.mender = Mender(
            FORMATS.get(report.get("format") or "") or FORMATS["openai"],
            report.get("mapping") or {},
            options.limits,
            ControlTokens(options.control_tokens),
        )
        self._rows: dict[int, Read] | None = None

    def fix(self, row: Row) -> Mended | None:
        """What the record of a problem was probably meant to be; None where nobody can tell.

        Args:
            row: of the problems.
        """
        try:
            if row["severity"] != "error":
                return self._without_tokens(row) if row["check"] in MENDED_CHECKS else None
            read = self._read(row)
        except (OSError, DatasetRefused):
            return None
        return None if read is None else self.mender.of_read(read)

    def _without_tokens(self, row: Row) -> Mended | None:
        place = Places(self._folder / "places").of_line(row["line"])
        if place is None:
            return None
        name = "validation.jsonl" if place.held_out else "train.jsonl"
        with (self._folder / name).open("rb") as handle:
            handle.seek(place.start)
            messages = json.loads(handle.readline())["messages"]
        return self.mender.without_tokens(messages)

    def _read(self, row: Row) -> Read | None:
        """The record of a problem, read again."""
        start, size = int(row.get("start", -1)), int(row.get("size", 0))
        limits = self._options.limits
        if start < 0:
            return self._again().get(row["line"])
        if not 0 < size <= limits.max_line_bytes:
            return None
        with self._original.open("rb") as handle:
            handle.seek(start)
            raw = handle.read(size)
        return Read(row["line"], parse(raw.strip(), limits), raw=raw)

    def _again(self) -> dict[int, Read]:
        """Records of a small file by their lines, without rows of a conversation of several.

        Raises:
            DatasetRefused: what is packed holds too much; the next call has what came before.
        """
        if self._rows is None:
            self._rows = {}
            limits, encoding = self._options.limits, self._options.encoding
            bound = min(AGAIN_BYTES, limits.max_expanded_bytes)
            limits = replace(limits, max_expanded_bytes=bound)
            small = self._original.stat().st_size <= AGAIN_BYTES
            if small and "group" not in (self._report.get("mapping") or {}):
                sniffed = sniff(self._original, limits, encoding)
                for read in source_of(self._original, sniffed, limits, encoding).records():
                    self._rows[read.line] = read
        return self._rows


def fixable_mark(folder: Path, report: dict[str, Any], options: Options) -> dict[str, Any]:
    """Try the problems of a check and mark those that can be mended, in the file and the report.

    Returns:
        The report with `fixable`: `lines` that were left out and can be mended, `texts` that hold
        control tokens, `tried` problems of all. Pairs of replies have no versions, and none.
    """
    if report.get("kind") == PREFERENCE:
        return report
    proposals = Proposals(folder, report, options)
    counts = {"lines": 0, "texts": 0, "tried": 0}
    deadline = time.monotonic() + SECONDS

    def marked(rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            worth = row["severity"] == "error" or row["check"] in MENDED_CHECKS
            if worth and counts["tried"] < TRIED and time.monotonic() < deadline:
                counts["tried"] += 1
                if proposals.fix(row) is not None:
                    counts["lines" if row["severity"] == "error" else "texts"] += 1
                    row = {**row, "fixable": True}
            yield row

    path = folder / "problems.jsonl"
    if path.is_file() and report.get("train"):
        partial = folder / ".problems"
        first = len(report.get("problems") or [])
        with path.open(encoding="utf-8") as old, partial.open("w", encoding="utf-8") as new:
            for row in marked(json.loads(line) for line in old):
                new.write(json.dumps(row, ensure_ascii=False) + "\n")
        os.replace(partial, path)
        with path.open(encoding="utf-8") as handle:
            kept = [json.loads(line) for line in islice(handle, first)]
    else:
        kept = list(marked(iter(report.get("problems") or [])))
    return {**report, "problems": kept, "fixable": counts}
