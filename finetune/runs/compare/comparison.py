"""Several runs beside one another: which they are, their lines, what their settings differ in.

A comparison is its address: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from finetune.runs.calibrations import chip_words
from finetune.runs.circuits import circuit_of_run
from finetune.runs.models import Run
from finetune.runs.page.curves import run_series
from finetune.runs.page.facts import rounded, shown
from finetune.runs.page.thinning import rows_kept, rows_of
from finetune.teams.models import User
from finetune.training.config import help_texts

MOST = 8  # runs whose lines can still be told from one another
DASHES = ("", "7 4", "2 3", "9 3 2 3", "", "7 4", "2 3", "9 3 2 3")
POINTS = 300  # of each curve; a run's own page shows more
DRAWN = ("train_loss", "circuit_gradient_variance")
CHECKED = ("validation_loss", "validation_accuracy", "circuit_entanglement")
ROWS = 30  # of the table of values
MISSING = "–"


@dataclass(frozen=True)
class Compared:
    """One run with the line that stands for it, so that no colour alone tells it from others.

    Attributes:
        run: the run.
        number: which of them, from 1; the style sheet has a colour for each.
        dash: of its line, as SVG writes it; empty for an unbroken one.
        rest: the address of the comparison without it.
    """

    run: Run
    number: int
    dash: str
    rest: str


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all runs, or what they began from."""

    name: str
    help: str
    values: list[str]
    is_setting: bool = True


def ids_of(texts: Iterable[str]) -> list[str]:
    """The runs that an address names, `a,b` or one by one, each once."""
    names = (name.strip() for text in texts for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def runs_named(user: User, public_ids: Sequence[str]) -> list[Run]:
    """Those of the runs that are of this person's teams, in the order in which they are named."""
    rows = Run.objects.for_user(user).select_related(
        "base", "dataset", "validation_dataset", "team", "created_by", "continues", "use"
    )
    known = {run.public_id: run for run in rows.filter(public_id__in=public_ids)}
    return [known[name] for name in public_ids if name in known]


def compared(runs: Sequence[Run]) -> list[Compared]:
    return [
        Compared(
            run,
            at + 1,
            DASHES[at],
            ",".join(other.public_id for other in runs if other is not run),
        )
        for at, run in enumerate(runs)
    ]


# -- settings -------------------------------------------------------------------------------------


def settings_flat(run: Run) -> dict[str, Any]:
    """Every setting under one name, options as `adapter_options.rank`; without those of a circuit
    where there is none."""
    values: dict[str, Any] = {}
    left_out = () if circuit_of_run(run) else ("backend", "backend_options", "calibration")
    for name, value in run.settings.to_dict().items():
        if name in left_out:
            continue
        if name in ("adapter_options", "backend_options"):
            values |= {f"{name}.{option}": one for option, one in value.items()}
        else:
            values[name] = value
    return values


def beginnings(run: Run) -> dict[str, str]:
    """What a run began from, which is no setting."""
    held_out = run.validation_dataset
    step = f" ({run.continues_step})" if run.continues_step else ""
    return {
        _("base"): run.base.title,
        _("data"): named(run.dataset.name, run.dataset.public_id),
        _("held-out data"): named(held_out.name, held_out.public_id)
        if held_out
        else _("a part of the data"),
        _("goes on from"): f"{run.continues.name}{step}" if run.continues else MISSING,
    }


def named(name: str, public_id: str) -> str:
    """Two data sets may have one name."""
    return f"{name} ({public_id[:13]}…)"


def differences(runs: Sequence[Run]) -> list[Difference]:
    """What is not the same in all of them: what they began from, then settings."""
    helps = help_texts()
    rows = []
    began = [beginnings(run) for run in runs]
    for name in began[0] if began else ():
        values = [one[name] for one in began]
        if len(set(values)) > 1:
            rows.append(Difference(name, "", values, is_setting=False))
    chosen = [settings_flat(run) for run in runs]
    for name in dict.fromkeys(name for values in chosen for name in values):
        raw = [values.get(name) for values in chosen]
        if all(value == raw[0] and type(value) is type(raw[0]) for value in raw):
            continue
        words = [
            setting_words(run, name) if name in values else MISSING
            for run, values in zip(runs, chosen, strict=True)
        ]
        rows.append(Difference(name, helps.get(name, ""), words))
    return rows


def setting_words(run: Run, name: str) -> str:
    if name == "calibration" and (chip := run.settings.chip):
        return chip_words(chip)
    return str(shown(settings_flat(run)[name]))


# -- curves ---------------------------------------------------------------------------------------


def lines(items: Sequence[Compared]) -> list[dict[str, Any]]:
    """What the page's script draws: each run's name, dash and curves."""
    drawn = []
    for one in items:
        series = run_series(one.run)
        checks = series.pop("evaluation")
        steps = rows_of(series, rows_kept(series, POINTS, names=DRAWN))
        drawn.append(
            {
                "name": one.run.name,
                "number": one.number,
                "dash": [int(part) for part in one.dash.split()],
                **rounded({name: steps[name] for name in ("step", *DRAWN)}),
                "evaluation": rounded({name: checks[name] for name in ("step", *CHECKED)}),
            }
        )
    return drawn


def values_by_step(drawn: Sequence[dict[str, Any]]) -> list[tuple[int, list[float | None]]]:
    """The held-out loss of each run at each evaluation, as the charts' table twin."""
    columns = [
        dict(zip(line["evaluation"]["step"], line["evaluation"]["validation_loss"], strict=True))
        for line in drawn
    ]
    steps = sorted({step for column in columns for step in column})
    stride = max(1, -(-len(steps) // ROWS))
    chosen = sorted({*steps[::stride], *steps[-1:]})
    return [(step, [column.get(step) for column in columns]) for step in chosen]
