"""The data sheet of a data set as Markdown: what it is, from where, and what was found in it.

In English whatever the page speaks: it goes along with the data. Its questions are those of Gebru
et al., "Datasheets for Datasets" (2021), as far as the studio knows answers; what nobody has said
is said to be missing.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation

from finetune.datasets.models import Dataset
from finetune.datasets.report import ReportView

from .licences import is_non_commercial, licence_words
from .page import FindingsView

MISSING = "not said"


def sheet_of(dataset: Dataset) -> str:
    """The whole sheet."""
    with translation.override("en"):
        report, view = ReportView(dataset), FindingsView(dataset)
        parts = [
            f"# Data sheet: {line(dataset.name)}",
            table(facts(dataset, report)),
            "## Where it comes from",
            dataset.source.strip() or "Nobody has said where it comes from.",
            "## Terms",
            terms(dataset),
            "## How it was read",
            table(reading(dataset, report)),
            "## What was found",
            *found(view),
            "## Changes",
            changes(dataset),
            "## What it is not",
            "What was looked for, was looked for by rules and by counting: that nothing was found "
            "does not mean that nothing is there. Names in running text are mostly not found, and "
            "danger in indirect words is often missed.",
        ]
    return "\n\n".join(parts) + "\n"


def line(text: str) -> str:
    """A text on one line, that no table and no heading is broken by."""
    return " ".join(text.split()).replace("|", "\\|")


def table(rows: Iterable[tuple[str, object]]) -> str:
    body = "\n".join(f"| {line(str(name))} | {line(str(value))} |" for name, value in rows)
    return f"| | |\n|---|---|\n{body}"


def facts(dataset: Dataset, report: ReportView) -> list[tuple[str, object]]:
    return [
        ("Id", f"`{dataset.public_id}`"),
        ("Version", dataset.version),
        ("File", f"{dataset.filename}, {dataset.bytes:,} bytes"),
        ("SHA-256", f"`{dataset.sha256}`"),
        ("Added", f"{dataset.created_at:%Y-%m-%d}"),
        ("Dialogues", f"{report.dialogues:,}"),
        ("Turns", f"{report.turns:,}"),
        ("Tokens", f"{report.tokens:,} ({report.tokens_note})"),
        ("Licence", licence_words(dataset.licence_tag, dataset.licence) or MISSING),
        ("Held for evaluation", "yes" if dataset.for_evaluation else "no"),
    ]


def terms(dataset: Dataset) -> str:
    words = licence_words(dataset.licence_tag, dataset.licence)
    if not words:
        return "No licence was given. Without one nobody may pass it on."
    if is_non_commercial(dataset.licence_tag, dataset.licence):
        return f"{words}. **Not for commercial use**, and so are models that learned from it."
    return f"{words}."


def reading(dataset: Dataset, report: ReportView) -> list[tuple[str, object]]:
    return [
        ("Read as", report.format_title),
        ("Lines left out", f"{report.left_out:,}"),
        ("Exact duplicates left out", f"{report.duplicates:,}"),
        (
            "Keys not used",
            ", ".join(f"{one['key']} ({one['records']:,})" for one in report.unused) or "none",
        ),
        ("To train", f"{report.train:,}"),
        ("Held out", f"{report.validation:,}"),
        ("Seed of the split", report.seed),
    ]


def found(view: FindingsView) -> list[str]:
    """What the further checks found; the sample that was read is said."""
    if view.row is None or view.row.state != view.row.State.DONE:
        return ["It has not been looked at further."]
    rows = [
        f"| {row.title} | {row.count:,} ({100 * row.share:.1f} %"
        f"{f', of {row.sample:,} that were read' if row.sample else ''}) "
        f"| {line(', '.join(f'{kind} {number:,}' for kind, number in row.kinds))} "
        f"| {line(row.effect)} |"
        for row in view.rows
    ]
    languages = ", ".join(f"{name} {count:,}" for name, count in view.languages)
    topics = ", ".join(f"{name} {count:,}" for name, count in view.topics)
    return [
        "\n".join(
            [
                "| finding | dialogues | of these | what it does to a run |",
                "|---|---|---|---|",
                *rows,
            ]
        )
        if rows
        else "Nothing of what was looked for.",
        f"Looked for and not found: {', '.join(view.clear) or 'nothing'}.",
        f"Languages (dialogues): {languages or 'not known'}.",
        f"Topics (dialogues, by words): {topics or 'none that is looked for'}.",
        f"Compared with these test sets: {', '.join(view.test_sets) or 'none'}.",
    ]


def changes(dataset: Dataset) -> str:
    """How this version came about."""
    if dataset.previous is None:
        return "None: this is the file as it was uploaded."
    asked = ", ".join(
        f"{kind}: {count:,}" for kind, count in (dataset.changes.get("asked") or {}).items()
    )
    note = dataset.changes.get("note") or ""
    return f"Made of version {dataset.previous.version}. {asked}. {note}".strip()
