"""From the records of a file to batches, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.doctor.dialogues import Conversion
from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.preparing.batches import Batch, Preparing
from finetune.datasets.doctor.recognising import recognise
from finetune.datasets.doctor.report import Report
from finetune.datasets.doctor.tallying import Counts
from finetune.datasets.reading.lines import Read


def prepare(
    records: Iterator[Read],
    options: Options,
    report: Report,
    counts: Counts,
    control_tokens: ControlTokens,
    send: Callable[[Batch], None],
    share: Callable[[Preparing, Iterator[Read]], Iterator[Read]] | None = None,
) -> None:
    """Read all records and send what they come to.

    Args:
        records: of the whole file, or of its beginning.
        options: how they are to be read.
        report: its container is known; it is told format, mapping and columns.
        counts: counts tokens.
        control_tokens: what to look for.
        send: takes a batch.
        share: called once the format is recognised, with all records; says which to look at.

    Raises:
        DatasetRefused: the file cannot be read like this; or whatever `send` raises.
    """
    head, form = recognise(records, report, options)
    preparing = Preparing(send, report, options.limits, counts, control_tokens)
    conversion = Conversion(form, report, options.limits, preparing)
    wanted: Iterator[Read] = chain(head, records)
    if share is not None:
        wanted = share(preparing, wanted)
    for dialogue in conversion.dialogues(preparing.counted(wanted)):
        preparing.take(dialogue)
    preparing.flush()
