"""The file of a new version, written in a worker: the version before, read again, with its changes.

The upload is read as its check read it, not the two files of the split: so a set whose check
refused it can be mended too, and lines keep their order. Memory holds the changes and 16 bytes for
each dialogue. Knows nothing of pages.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.utils import timezone

from finetune.datasets.doctor.checks import check_messages
from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Conversion, Dialogue
from finetune.datasets.doctor.duplicates import exact_print, exact_text
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.problems import NOWHERE, Place, ProblemLog
from finetune.datasets.doctor.recognising import recognise
from finetune.datasets.doctor.report import Report
from finetune.datasets.findings.personal.masking import masked
from finetune.datasets.formats.calls import with_texts
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.formats.preference import pair_check, pair_record
from finetune.datasets.models import Dataset
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.records import source_of
from finetune.datasets.reading.sniffing import sniff
from finetune.datasets.reading.watching import Watch

from .changes import KEPT, Plan, Planned, changes_read
from .mending.record import Mended, Mender

Record = dict[str, Any]


def original_make(dataset: Dataset, options: Options, watch: Watch | None = None) -> None:
    """Write the file of a version that has none yet; its row then tells what was changed.

    Args:
        options: as the version before was checked.
        watch: told how many bytes of the version before were read; what it raises ends the
            making, of which nothing is left then.

    Raises:
        DatasetRefused: the version before is gone or cannot be read any more.
        OSError: the disk is full.
    """
    previous = dataset.previous
    if previous is None or not previous.original_file.is_file():
        raise DatasetRefused(
            "previous_gone",
            "The version that this one is made of is gone from the server.",
            "Make the changes again in a version that is there.",
        )
    making = Making(previous, Plan(changes_read(dataset.changes_file)), options, watch)
    partial = dataset.folder / ".original"
    digest, count = hashlib.sha256(), 0
    try:
        with partial.open("wb") as target:
            for record in making.records():
                line = (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8")
                target.write(line)
                digest.update(line)
                count += len(line)
            target.flush()
            os.fsync(target.fileno())
        partial.rename(dataset.original_file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    dataset.bytes, dataset.sha256 = count, digest.hexdigest()
    made_at = timezone.now().isoformat()  # from then on it is checked like an upload
    dataset.changes = {**dataset.changes, **making.told(), "made_at": made_at}
    dataset.save(update_fields=["bytes", "sha256", "changes"])


class _LostLog(ProblemLog):
    """Keeps the records that were left out since it was asked last, instead of writing them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.counts: Counter[str] = Counter()
        self.read: Read | None = None  # the newest
        self.lost: list[Read] = []

    def error(self, line: int, problem: RecordProblem, place: Place = NOWHERE) -> None:
        if self.read is not None:
            self.lost.append(self.read)

    def warning(self, line: int, problem: RecordProblem) -> None:
        """Nothing is left out."""

    def watched(self, records: Iterator[Read]) -> Iterator[Read]:
        for self.read in records:
            yield self.read


@dataclass
class Making:
    """One pass over the version before."""

    previous: Dataset
    plan: Plan
    options: Options
    watch: Watch | None = None
    counts: Counter[str] = field(default_factory=Counter)
    first: list[dict[str, Any]] = field(default_factory=list)
    _pairs: bool = False

    def told(self) -> dict[str, Any]:
        """What was done, as the row keeps it."""
        return {"counts": dict(self.counts), "first": self.first, "unmet": self.plan.unmet}

    def records(self) -> Iterator[Record]:
        """Yield the new version's records in the order of the lines before."""
        limits = self.options.limits
        path = self.previous.original_file
        encoding = self.options.encoding
        source = source_of(path, sniff(path, limits, encoding), limits, encoding, self.watch)
        report = Report(container=source.container)
        log = _LostLog(report)
        reads = source.records()
        head, form = recognise(reads, report, self.options)
        self._pairs = form.kind == PREFERENCE  # whose bad lines have no fix
        tokens = ControlTokens(self.options.control_tokens)
        mender = Mender(form, report.mapping, limits, tokens)
        conversion = Conversion(form, report, limits, log)
        seen: set[bytes] = set()
        for dialogue in conversion.dialogues(log.watched(chain(head, reads))):
            early = [read for read in log.lost if read.line < dialogue.line]
            log.lost = [read for read in log.lost if read.line > dialogue.line]
            for read in early:
                yield from self._lost(read, mender)
            yield from self._kept(dialogue, mender, seen)
        for read in log.lost:
            yield from self._lost(read, mender)

    def _lost(self, read: Read, mender: Mender) -> Iterator[Record]:
        """A record that its check left out, mended where that was asked for."""
        planned = self.plan.taken(read.line)
        if planned.left_out or self._pairs or not (self.plan.mends_all or planned.mended):
            return
        mended = mender.of_read(read)
        yield from self._mended(read.line, mended, planned, mended.beside if mended else {})

    def _kept(self, dialogue: Dialogue, mender: Mender, seen: set[bytes]) -> Iterator[Record]:
        """A dialogue, changed where that was asked for."""
        line, planned = dialogue.line, self.plan.taken(dialogue.line)
        if planned.left_out:
            self._note("exclude", line)
            return
        try:
            messages = check_messages(dialogue.messages, self.options.limits)
            if self._pairs:
                pair_check(messages)
        except RecordProblem:
            if not self._pairs and (self.plan.mends_all or planned.mended):
                mended = mender.of_messages(dialogue.messages)
                yield from self._mended(line, mended, planned, dialogue.beside)
            return
        mark = exact_print(exact_text(messages, dialogue.beside.get("tools")))
        if mark in seen:  # it was left out already
            return
        seen.add(mark)
        if planned.messages is None and planned.mended and not self._pairs:
            mended = mender.without_tokens(messages)
            if mended is not None:
                yield from self._mended(line, mended, planned, dialogue.beside)
                return
        if planned.messages is not None:
            messages = planned.messages
            self._note("edit", line)
        if planned.masked:
            messages = [with_texts(one, masked) for one in messages]
            self._note("mask", line)
        if planned.tags is not None:
            self._note("tag", line)
        yield self._record(line, messages, planned, dialogue.beside)

    def _mended(
        self, line: int, mended: Mended | None, planned: Planned, beside: Record
    ) -> Iterator[Record]:
        if mended is None:
            return
        self._note("fix", line)
        for messages in mended.dialogues:
            yield self._record(line, messages, planned, beside)

    def _record(
        self, line: int, messages: list[dict[str, Any]], planned: Planned, beside: Record
    ) -> Record:
        kept = {**beside, "source": f"line {line} of version {self.previous.version}"}
        if planned.tags is not None:
            kept["tags"] = planned.tags
            if not planned.tags:
                del kept["tags"]
        return (pair_record(messages) if self._pairs else {"messages": messages}) | kept

    def _note(self, kind: str, line: int) -> None:
        self.counts[kind] += 1
        if len(self.first) < KEPT:
            self.first.append({"kind": kind, "line": line})
