"""The beginning of a file as a certain format and mapping read it; nothing is written.

What the check does with a whole file is done here with its first records: the same recognising,
converting and checking, so that what is shown is what would be learned.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.intake import Intake
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.preparing.reading import prepare
from finetune.datasets.doctor.problems import ProblemLog
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import estimated
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.records import source_of
from finetune.datasets.reading.sniffing import sniff

RECORDS = 20
BYTES = 65536  # of records, beyond which no further one is read


def glance(path: Path, options: Options, records: int = RECORDS) -> Report:
    """Read a file's first records and say what they are.

    Args:
        path: the upload.
        options: format, mapping and speaker; the split is left alone.
        records: how many are read at most; fewer where they are long.

    Returns:
        A report about these records alone, with all their dialogues in `preview`.

    Raises:
        DatasetRefused: the file as a whole cannot be read like this.
    """
    limits = replace(options.limits, preview=records, min_dialogues=1)
    sniffed = replace(sniff(path, limits, options.encoding), head=BYTES + 2 * limits.max_line_bytes)
    source = source_of(path, sniffed, limits, options.encoding)
    report = Report(container=source.container, bytes=path.stat().st_size, tokens_estimated=True)
    log = ProblemLog(io.StringIO(), report, limits)
    intake = Intake(io.StringIO(), log, report, limits)
    tokens = ControlTokens(options.control_tokens)
    asked = replace(options, limits=limits)
    first = _bounded(source.records(), records)
    prepare(first, asked, report, estimated, tokens, intake.take)
    report.problem_counts = dict(log.counts.most_common())
    intake.tally.fill(report)
    return report


def _bounded(reads: Iterator[Read], most: int) -> Iterator[Read]:
    size = count = 0
    for read in reads:
        yield read
        if isinstance(read.value, RecordProblem | dict | list | str):
            count += 1
        if not isinstance(read.value, RecordProblem):
            size += len(json.dumps(read.value, default=str))
        if count >= most or size > BYTES:
            return
