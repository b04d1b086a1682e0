"""What a run took of its dialogues and what it left out, in words for its page and its data's.

Reads the counts of the trainer's `data` event. A run of an earlier version has fewer of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finetune.datasets.report import ReportView
from finetune.runs.models import Run
from finetune.training.dialogues.left_out import KINDS

TITLES = {"train": gettext_lazy("Training data"), "validation": gettext_lazy("Held-out data")}


@dataclass(frozen=True)
class PartOfData:
    """The dialogues of one part, training or held out.

    Attributes:
        title: what the part is.
        rows: name and words of each fact.
        reasons: why the first dialogues were left out, each with its line.
        lost: whether anything was left out or shortened.
    """

    title: str
    rows: list[tuple[str, str]]
    reasons: list[str]
    lost: bool


def data_of_run(run: Run) -> list[PartOfData]:
    """Return what the check of its data said, and the parts that its trainer has read by now."""
    counts = run.latest.get("data") or {}
    checked = [
        PartOfData(
            _("“%(dataset)s” as uploaded") % {"dataset": given["dataset"]},
            [(_("check"), given["words"])],
            [],
            bool(given["left_out"]),
        )
        for given in run.latest.get("given") or []
    ]
    read = [part_of(name, counts[name], run) for name in TITLES if counts.get(name)]
    return checked + read


def given_of(run: Run) -> list[dict[str, Any]]:
    """Return what the check left out of a run's data sets, or did not use; empty for nothing."""
    reports = [ReportView(one) for one in (run.dataset, run.validation_dataset) if one is not None]
    return [
        {
            "dataset": report.dataset.name,
            "words": report.summary,
            "left_out": report.number("errors") + report.duplicates,
        }
        for report in reports
        if report.summary
    ]


def learned_from(run: Run) -> list[dict[str, Any]]:
    """Return which versions of which data a run learns from and is measured on, as it keeps them.

    The hash is that of the version's file; with the seed and the fraction of the split it says what
    was learned, whatever becomes of the data set.
    """
    named = (("training", run.dataset), ("validation", run.validation_dataset))
    return [
        {
            "part": part,
            "id": one.public_id,
            "name": one.name,
            "version": one.version,
            "sha256": one.sha256,
            "split_seed": one.report.get("seed"),
            "held_out": one.report.get("validation_fraction"),
        }
        for part, one in named
        if one is not None
    ]


def part_of(name: str, counts: Mapping[str, Any], run: Run) -> PartOfData:
    used, skipped, truncated = (int(counts.get(n) or 0) for n in ("used", "skipped", "truncated"))
    taken = _("%(used)s of %(all)s dialogues") % {
        "used": f"{used:,}",
        "all": f"{counts.get('dialogues', used):,}",
    }
    if spare := counts.get("not_needed"):
        more = (
            _("%(number)s more than the steps need")
            if name == "train"
            else _("%(number)s more than the settings need")
        )
        taken += "; " + more % {"number": f"{spare:,}"}
    rows = [(_("used"), taken)]
    if skipped:
        rows.append((_("left out"), left_out_words(counts)))
    if truncated:
        length = run.settings.sequence_length
        rows.append(
            (
                _("shortened"),
                _("%(truncated)s are longer than %(length)s tokens: without their last turns")
                % {"truncated": f"{truncated:,}", "length": f"{length:,}"},
            )
        )
    tool_turns = int(counts.get("tool_turns") or 0)
    if tool_turns:
        rows.append(
            (
                _("tools"),
                _(
                    "%(turns)s calls, results and lists of tools left out: the base's chat "
                    "template has no words for them. Replies that rest on a result are learned "
                    "without it"
                )
                % {"turns": f"{tool_turns:,}"},
            )
        )
    if counts.get("tokens"):
        rows.append(
            (
                _("tokens"),
                _("%(tokens)s, %(label_tokens)s of them learned")
                % {
                    "tokens": f"{counts['tokens']:,}",
                    "label_tokens": f"{counts['label_tokens']:,}",
                },
            )
        )
    return PartOfData(
        str(TITLES[name]),
        rows,
        list(counts.get("reasons") or []),
        bool(skipped or truncated or tool_turns),
    )


def left_out_words(counts: Mapping[str, Any]) -> str:
    """Return how many were left out, and of which kinds."""
    kinds = ", ".join(
        f"{counts[kind]:,} {_(words)}" for kind, words in KINDS.items() if counts.get(kind)
    )
    return f"{counts['skipped']:,}" + (f": {kinds}" if kinds else "")


def data_lost_words(run: Run) -> str:
    """Return what a run left out of its training data in a few words; empty for nothing."""
    counts = (run.latest.get("data") or {}).get("train") or {}
    parts = []
    if counts.get("skipped"):
        parts.append(
            _("%(reasons)s; left out of %(dialogues)s")
            % {"reasons": left_out_words(counts), "dialogues": f"{counts['dialogues']:,}"}
        )
    if counts.get("truncated"):
        parts.append(_("%(truncated)s shortened") % {"truncated": f"{counts['truncated']:,}"})
    if counts.get("tool_turns"):
        words = _("%(turns)s turns of tools left out")
        parts.append(words % {"turns": f"{counts['tool_turns']:,}"})
    return "; ".join(parts)
