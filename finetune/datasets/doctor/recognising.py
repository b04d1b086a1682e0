"""Deciding from the first records which format a file has, and which column of a table is what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from finetune.datasets.doctor.options import Options
from finetune.datasets.doctor.problems import printable
from finetune.datasets.doctor.report import Report
from finetune.datasets.formats.form import Format
from finetune.datasets.formats.registry import FORMATS, detect, get_format
from finetune.datasets.formats.texts.marked import text_of
from finetune.datasets.formats.texts.speakers import assistant_among
from finetune.datasets.reading.columns import known_columns
from finetune.datasets.reading.exceptions import DatasetRefused, RecordProblem
from finetune.datasets.reading.lines import Read
from finetune.datasets.reading.sniffing import TABLE_KINDS
from finetune.datasets.reading.wrapped import Beside

SEARCHED = 50  # records looked at to recognise the format
LISTING = (*TABLE_KINDS, "jsonl", "json", "object")  # whose records have columns to choose from
COLUMNS_KEPT = 200
SPEAKERS_KEPT = 50
MAP_THEM = 'Map them, for example {"user": "question", "assistant": "answer"}.'


def recognise(
    records: Iterator[Read], report: Report, options: Options
) -> tuple[list[Read], Format]:
    """Read the first records and decide; the report is told format, mapping and columns.

    Args:
        records: of the whole file; those that are read here are handed back.
        report: its container is known.
        options: format, mapping and speaker, where they were asked for.

    Returns:
        The records that were read, and the format.

    Raises:
        DatasetRefused: `missing_columns`, `unknown_format`, `consent_needed` or `speaker_needed`.
    """
    name, mapping = options.format, options.mapping
    head: list[Read] = []
    sample: dict[str, Any] | None = None
    known: list[Format] = []
    for read in records:
        if isinstance(read.value, Beside):
            report.beside = [printable(key[:60]) for key in read.value.keys]
            continue
        head.append(read)
        if isinstance(read.value, dict):
            sample = {**read.value, **(sample or {})}  # a key may first stand in a later record
            if (found := detect(read.value)) is not None:
                known.append(found)
        if len(head) >= SEARCHED:
            break
    recognised = _of_most(known)
    if mapping:
        form = FORMATS["table"]
    elif name:
        form = get_format(name)
    elif recognised is not None:
        form = recognised
    else:
        form = _unrecognised(sample, report)
    if sample and report.container in LISTING:
        report.columns = [str(name) for name in sample][:COLUMNS_KEPT]
    if form.name == "table":
        _map(sample or {}, report, mapping)
    report.format, report.format_title, report.kind = form.name, form.title, form.kind
    if form.speakers is not None:
        _hear(head, form, report, options)
    return head, form


def _hear(head: list[Read], form: Format, report: Report, options: Options) -> None:
    """Who speaks in the first records, and which of them is the assistant.

    Raises:
        DatasetRefused: `consent_needed`, or `speaker_needed` where only people can say it.
    """
    assert form.speakers is not None
    heard: Counter[str] = Counter()
    for read in head:
        if isinstance(read.value, dict):
            try:
                heard.update(form.speakers(read.value))
            except RecordProblem:  # it is reported when the record is converted
                continue
    report.speakers = [printable(name) for name, _ in heard.most_common(SPEAKERS_KEPT)]
    chosen = options.speaker if options.speaker in report.speakers else ""
    if form.consent and not options.consent:
        raise DatasetRefused(
            "consent_needed",
            f"This is an exported chat between {', '.join(report.speakers)[:200] or 'people'}. It "
            "is read only when everybody who writes in it has agreed that a model learns from it.",
            "Ask them. Then say so below, and choose who the assistant is.",
            report.to_dict(),
        )
    if form.consent and not chosen:
        raise DatasetRefused(
            "speaker_needed",
            f"Who of {', '.join(report.speakers)[:200]} is the assistant?",
            "Choose the one whose messages are to be learned.",
            report.to_dict(),
        )
    report.assistant = chosen or assistant_among(heard) or ""
    if not report.assistant and len(heard) == 2:
        report.assistant = list(heard)[1]  # the second one who speaks
    report.guessed = not chosen


def _of_most(known: list[Format]) -> Format | None:
    """The first form of the kind that most records are of; of equally many, the first's."""
    kinds = Counter(form.kind for form in known)
    return next((form for form in known if kinds[form.kind] == max(kinds.values())), None)


def _unrecognised(sample: dict[str, Any] | None, report: Report) -> Format:
    if sample is None:  # nothing but bad lines: they will be reported as such
        return FORMATS["openai"]
    report.columns = [str(name) for name in sample][:COLUMNS_KEPT]
    names = ", ".join(report.columns[:20])
    if text_of(sample) is not None and (report.container not in TABLE_KINDS or len(sample) == 1):
        return FORMATS["marked"]  # it says of every line that nobody is marked
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
