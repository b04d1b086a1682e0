"""Deciding from the first records which format a file has, and which column of a table is what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from finetune.datasets.doctor.report import Report
from finetune.datasets.formats.form import Format
from finetune.datasets.formats.registry import FORMATS, detect, get_format
from finetune.datasets.reading.columns import known_columns
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.sniffing import TABLE_KINDS

SEARCHED = 50  # records looked at to recognise the format
COLUMNS_KEPT = 200
MAP_THEM = 'Map them, for example {"user": "question", "assistant": "answer"}.'


def recognise(
    records: Iterator[Read], report: Report, name: str | None, mapping: Mapping[str, str]
) -> tuple[list[Read], Format]:
    """Read the first records and decide; the report is told format, mapping and columns.

    Args:
        records: of the whole file; those that are read here are handed back.
        report: its container is known.
        name: the format that was asked for, if any.
        mapping: role -> column, if it was asked for.

    Returns:
        The records that were read, and the format.

    Raises:
        DatasetRefused: `missing_columns` or `unknown_format`.
    """
    head: list[Read] = []
    sample: dict[str, Any] | None = None
    recognised: Format | None = None
    for read in records:
        head.append(read)
        if isinstance(read.value, dict):
            sample = sample or read.value
            recognised = recognised or detect(read.value)
        if recognised or len(head) >= SEARCHED:
            break
    if mapping:
        form = FORMATS["table"]
    elif name:
        form = get_format(name)
    elif recognised is not None:
        form = recognised
    else:
        form = _unrecognised(sample, report)
    if form.name == "table":
        _map(sample or {}, report, mapping)
    report.format, report.format_title = form.name, form.title
    return head, form


def _unrecognised(sample: dict[str, Any] | None, report: Report) -> Format:
    if sample is None:  # nothing but bad lines: they will be reported as such
        return FORMATS["openai"]
    report.columns = [str(name) for name in sample][:COLUMNS_KEPT]
    names = ", ".join(report.columns[:20])
    if report.container in TABLE_KINDS:
        raise DatasetRefused(
            "missing_columns",
            f"It is not clear which columns hold the two sides. Columns: {names[:300]}.",
            MAP_THEM,
            report.to_dict(),
        )
    if "role" in sample and "content" in sample:
        raise DatasetRefused(
            "unknown_format",
            "These are single messages, not dialogues.",
            'Put the messages of a dialogue together: {"messages": [...]}.',
        )
    # Otherwise examine as messages, so that every line is reported by name.
    return FORMATS["openai"]


def _map(sample: dict[str, Any], report: Report, asked: Mapping[str, str]) -> None:
    mapping = dict(asked) or known_columns(sample) or {}
    report.columns = [str(name) for name in sample][:COLUMNS_KEPT]
    missing = [name for name in mapping.values() if sample and name not in sample]
    if (
        "user" not in mapping
        or "assistant" not in mapping
        or (missing and report.container in TABLE_KINDS)
    ):
        what = (
            f"There is no column {', '.join(missing)}."
            if missing
            else "It is not clear which columns hold the two sides."
        )
        raise DatasetRefused(
            "missing_columns",
            f"{what} Columns: {', '.join(report.columns)[:300] or '(none)'}.",
            MAP_THEM,
            report.to_dict(),
        )
    report.mapping = mapping
