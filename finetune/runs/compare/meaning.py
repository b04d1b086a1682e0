"""When a difference between runs means nothing: other data, other seeds, no end yet.

Knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from finetune.runs.models import Run
from finetune.runs.page.verdicts import base_loss, tuned_loss

from .comparison import settings_flat

CLOSE = 0.02  # nats between losses of one base on the same dialogues: number formats, no more
# What decides which tokens a held-out loss is the mean of.
MEASURED_BY = ("eval_dialogues", "sequence_length", "system_prompt")
# What changes neither the training nor what is measured.
ASIDE = frozenset(
    {
        "seed",
        "threads",
        "save_every",
        "keep_checkpoints",
        "sample_prompts",
        "sample_tokens",
        "eval_every",
    }
)


@dataclass(frozen=True)
class Meaning:
    """What may be concluded.

    Attributes:
        alike: whether all held-out losses were measured on the same tokens of the same dialogues.
        notes: sentences for the page, of what takes a difference its meaning.
    """

    alike: bool
    notes: list[str]


def meaning_of(runs: Sequence[Run]) -> Meaning:
    """Look at what several runs share."""
    if len(runs) < 2:
        return Meaning(True, [])
    measured = _measured_otherwise(runs)
    notes = [measured] if measured else []
    if not measured and differ([run.dataset_id for run in runs]):
        notes.append(
            _(
                "They learned from different data sets and are measured on the same dialogues: a "
                "difference is of data and settings together."
            )
        )
    if seeds := _seeds(runs, comparable=not measured):
        notes.append(seeds)
    if unfinished := [run.name for run in runs if not run.is_finished]:
        words = _("Not ended yet, so that its numbers are those of now: %(names)s.")
        notes.append(words % {"names": quoted(unfinished)})
    return Meaning(not measured, notes)


def differ(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values)


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _measured_otherwise(runs: Sequence[Run]) -> str:
    """Why their held-out losses are not of the same; empty where they are."""
    if differ([run.settings.kind for run in runs]):
        return _(
            "Some learned from dialogues and some from pairs of replies: their losses are of "
            "different things, and a difference between them means nothing."
        )
    if differ([run.base_id for run in runs]):
        return _(
            "The base models differ, and so do the tokens that a loss is the mean of: compare each "
            "run with its own start. A difference between their losses means nothing."
        )
    held_out = [
        (run.validation_dataset_id, None if run.validation_dataset_id else run.dataset_id)
        for run in runs
    ]
    reasons = [_("held-out data")] if differ(held_out) else []
    chosen = [settings_flat(run) for run in runs]
    reasons += [name for name in MEASURED_BY if differ([values[name] for values in chosen])]
    if reasons:
        return _(
            "The losses are measured on different dialogues or parts of them (%(reasons)s): a "
            "difference between them means nothing."
        ) % {"reasons": ", ".join(reasons)}
    before = [loss for run in runs if not run.continues_id and (loss := base_loss(run)) is not None]
    if before and max(before) - min(before) > CLOSE:
        return _(
            "The untouched base had a loss of %(low)s in one run and %(high)s in another, so they "
            "were not measured on the same: a difference between their losses means nothing."
        ) % {"low": f"{min(before):.3f}", "high": f"{max(before):.3f}"}
    return ""


def _seeds(runs: Sequence[Run], *, comparable: bool) -> str:
    """What chance may have done; empty where all runs have one seed."""
    if not differ([run.settings.seed for run in runs]):
        return ""
    spread = _spread(runs) if comparable else None
    if spread is not None:
        return _(
            "Runs that differ in nothing but the seed lie up to %(spread)s apart in held-out loss: "
            "that is chance, and a difference of that size between settings means nothing."
        ) % {"spread": f"{spread:.4f}"}
    return _(
        "The seeds differ as well, and no two runs here differ in the seed alone: a small "
        "difference may be chance and mean nothing. Run each setting again with the same seeds."
    )


def _spread(runs: Sequence[Run]) -> float | None:
    """The widest range of held-out losses among runs that differ in the seed alone."""

    def key(run: Run) -> str:
        kept = {k: v for k, v in settings_flat(run).items() if k not in ASIDE}
        return repr((run.dataset_id, run.continues_id, run.continues_step, sorted(kept.items())))

    spreads = []
    for _key, group in groupby(sorted(runs, key=key), key=key):
        same = [(run.settings.seed, tuned_loss(run)) for run in group if run.is_finished]
        losses = [loss for _seed, loss in same if loss is not None]
        if len({seed for seed, loss in same if loss is not None}) > 1:
            spreads.append(max(losses) - min(losses))
    return max(spreads, default=None)
