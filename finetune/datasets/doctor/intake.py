"""Dialogues that are right by themselves: each looked for among those before it, then kept.

Knows nothing of files but the one that kept dialogues are written to.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from typing import TextIO

from finetune.datasets.doctor.duplicates import Prints
from finetune.datasets.doctor.preparing.batches import Batch, Prepared
from finetune.datasets.doctor.problems import ProblemLog
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import Tally
from finetune.datasets.formats.form import PREFERENCE
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.lines import MemberLine, member_of

SAYS = ("messages", "chosen", "rejected")  # keys of a kept line that a preview shows


class Intake:
    """Takes what was prepared, batch by batch; writes the dialogues that are kept, one a line.

    Attributes:
        lines: the line of each that was kept.
        near: prints of those that were kept, equal for those with nearly the same words.
        tally: what was kept, in numbers.
    """

    def __init__(self, file: TextIO, log: ProblemLog, report: Report, limits: Limits) -> None:
        self._file = file
        self._log = log
        self._report = report
        self._limits = limits
        self._exact = Prints()
        self.lines = array("Q")  # where each dialogue that was kept starts
        self._files: list[MemberLine] = []  # the first line kept of each file of an archive
        self.near = Prints()
        self._asked = bytearray()  # of pairs: prints of what was said before the replies
        self.tally = Tally()

    def take(self, batch: Batch) -> None:
        """Keep what is new of a batch, and take down what was remarked.

        Raises:
            DatasetRefused: `too_many_dialogues`.
        """
        self._report.records += batch.records
        counts = iter(batch.tokens)
        for one in batch.found:
            if isinstance(one, Prepared):
                self._take(one, next(counts))
            else:
                self._log.take(one)

    def _take(self, dialogue: Prepared, tokens: int) -> None:
        report, line = self._report, dialogue.line
        if (first := self._exact.add_new(dialogue.exact)) is not None:
            report.duplicates += 1
            reason = f"the same, letter by letter, as the dialogue in {self._where(first)}"
            self._log.warning(
                line, RecordProblem("duplicate", reason, "Remove it; it is left out.")
            )
            return
        if report.dialogues >= self._limits.max_dialogues:
            raise DatasetRefused(
                "too_many_dialogues",
                f"More than {self._limits.max_dialogues:,} dialogues.",
                "Split the file, or ask the administrator for a higher limit.",
                report.to_dict(),
            )
        if (first := self.near.add(dialogue.near)) is not None:
            self._near_duplicate(line, first)
        if dialogue.control_token is not None:
            self._log.warning(line, dialogue.control_token)
        self.lines.append(line)
        if isinstance(line, MemberLine) and line.member not in (
            one.member for one in self._files[-1:]
        ):
            self._files.append(line)
        self.tally.add(dialogue.roles, tokens, dialogue.unused)
        self._asked += dialogue.asked  # those to the same words stand on the same side of the split
        report.dialogues += 1
        if len(report.preview) < self._limits.preview:
            record = json.loads(dialogue.written)
            shown = {key: record[key] for key in SAYS if key in record}
            report.preview.append({"line": int(line), "member": member_of(line), **shown})
        self._file.write(dialogue.written)

    @property
    def sides(self) -> bytearray:
        """16 bytes for each that was kept, equal for those that stand on the same side of the
        split."""
        return self._asked if self._report.kind == PREFERENCE else self.near.all

    def _where(self, kept: int) -> str:
        """The place of a dialogue that was kept."""
        line = self.lines[kept]
        if not (before := bisect_right(self._files, line)):
            return f"line {line}"
        first = self._files[before - 1]
        return f"line {MemberLine.of(line, first.number + line - first, first.member)}"

    def _near_duplicate(self, line: int, first: int) -> None:
        self._report.near_duplicates += 1
        remark = RecordProblem(
            "near_duplicate",
            f"nearly the words of the dialogue in {self._where(first)}",
            "It is kept, on the same side of the split. Remove one if they mean the same.",
        )
        self._log.warning(line, remark)
