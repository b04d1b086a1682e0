"""The plan of a run that somebody chooses: its settings and what the site knows beside them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.hardware.selectors import tariff
from finetune.runs.calibrations import calibration_for
from finetune.runs.models import Run
from finetune.teams.models import Team
from finetune.training.plan import DataSize, Measured, RunPlan
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS

MEASURED_RUNS = 5


@dataclass(frozen=True)
class RunChoice:
    """What is chosen for a run, so far or in full.

    `problems` is what cannot be used of what was typed, `unknown` what is not chosen yet: for
    both, `settings` has a default.
    """

    team: Team
    settings: RunSettings
    base: BaseModel | None = None
    dataset: Dataset | None = None
    validation_dataset: Dataset | None = None
    continues: Run | None = None
    continues_step: int | None = None  # its checkpoint; None: what it has come to
    problems: tuple[Problem, ...] = ()
    unknown: frozenset[str] = frozenset()


def run_settled(choice: RunChoice) -> RunSettings:
    """The settings with the figures of the chip that the circuit is built on."""
    figures = calibration_for(choice.team, choice.settings, choice.continues)
    if figures == choice.settings.calibration:
        return choice.settings
    return choice.settings.changed(calibration=figures)


def run_plan(choice: RunChoice) -> RunPlan:
    """Plan from what is chosen; what is missing is unknown in the plan."""
    return RunPlan.of(
        run_settled(choice),
        choice.base.linear_shapes if choice.base else {},
        continued=choice.continues is not None,
        tariff=tariff(),
        data=data_size(choice.dataset, choice.validation_dataset),
        measured=measured(choice.team, choice.base, choice.settings.adapter),
        problems=choice.problems,
        unknown=choice.unknown,
    )


def data_size(dataset: Dataset | None, validation: Dataset | None) -> DataSize:
    """What the check counted; all of it is learnt from where another set is held out."""
    if dataset is None:
        return DataSize()
    learnt = train_dialogues(dataset, validation)
    tokens, dialogues = dataset.report.get("tokens"), dataset.report.get("dialogues")
    return DataSize(learnt or None, tokens / dialogues if tokens and dialogues else None)


def train_dialogues(dataset: Dataset, validation: Dataset | None) -> int:
    """Dialogues to learn from: all of them where another set is held out."""
    learnt = dataset.report.get("train", {}).get("dialogues", 0)
    held = dataset.report.get("validation", {}).get("dialogues", 0)
    return int(learnt) + (int(held) if validation else 0)


def measured(team: Team, base: BaseModel | None, adapter: str) -> Measured | None:
    """Time and memory from the team's newest runs on this base, with this adapter if there are."""
    runs = list(
        Run.objects.for_team(team)
        .filter(base=base, state=Run.State.SUCCEEDED)
        .only("name", "config", "latest")
        .order_by("-finished_at")[:40]
        if base
        else ()
    )
    same = [run for run in runs if run.config.get("adapter") == adapter]
    taken = [run for run in same or runs if run.latest.get("tokens_per_second")][:MEASURED_RUNS]
    if not taken:
        return None
    speed = median(run.latest["tokens_per_second"] for run in taken)
    memory = [run.latest["memory_mb"] for run in taken if run.latest.get("memory_mb")]
    what = ADAPTERS[adapter].title if same and adapter in ADAPTERS else "other adapters"
    words = (
        f"{len(taken)} earlier run{'s' if len(taken) > 1 else ''} with {what}: "
        f"{speed:.0f} tokens a second"
    )
    return Measured(words, speed, max(memory) if memory else None)
