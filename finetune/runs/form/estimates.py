"""The plan of a run that somebody chooses: its settings and what the site knows beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from finetune.bases.catalogue.sizes import FLOAT32, Sizes
from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.hardware.selectors import tariff
from finetune.runs.calibrations import calibration_for
from finetune.runs.models import Run
from finetune.runs.trial.selectors import trials_past
from finetune.runs.use.selectors import past_runs
from finetune.teams.models import Team
from finetune.training.forecast.lengths import DataSize
from finetune.training.forecast.machine import Machine
from finetune.training.forecast.outlook import Surroundings
from finetune.training.plan import RunPlan
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings


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
        around=surroundings(choice),
        problems=choice.problems,
        unknown=choice.unknown,
    )


def data_size(dataset: Dataset | None, validation: Dataset | None) -> DataSize:
    """What the check counted; all of it is learnt from where another set is held out."""
    if dataset is None:
        return DataSize()
    if validation is None:
        held = dataset.report.get("validation", {}).get("dialogues", 0)
    else:
        held = validation.report.get("dialogues")
    learnt = train_dialogues(dataset, validation)
    return DataSize.of_report(dataset.report, learnt=learnt, held_out=held)


def train_dialogues(dataset: Dataset, validation: Dataset | None) -> int:
    """Dialogues to learn from: all of them where another set is held out."""
    learnt = dataset.report.get("train", {}).get("dialogues", 0)
    held = dataset.report.get("validation", {}).get("dialogues", 0)
    return int(learnt) + (int(held) if validation else 0)


def surroundings(choice: RunChoice) -> Surroundings | None:
    """What a forecast needs to know beside the settings; None without a base and data."""
    base = choice.base
    if base is None or choice.dataset is None or (sizes := sizes_of(base)) is None:
        return None
    files = [choice.dataset, choice.validation_dataset]
    return Surroundings(
        base=base.slug,
        sizes=sizes,
        shapes=base.linear_shapes,
        data=data_size(choice.dataset, choice.validation_dataset),
        data_name=" ".join(one.public_id for one in files if one),
        data_bytes=sum(int(one.report.get("bytes") or 0) for one in files if one),
        copied=copied_bytes(base),
        past=(*trials_past(choice.team), *past_runs()),
        machine=machine_here(),
    )


def with_base(around: Surroundings, base: BaseModel) -> Surroundings | None:
    """The same around another base; None where nothing is known of that."""
    sizes = sizes_of(base)
    if sizes is None:
        return None
    return replace(
        around,
        base=base.slug,
        sizes=sizes,
        shapes=base.linear_shapes,
        copied=copied_bytes(base),
    )


def sizes_of(base: BaseModel) -> Sizes | None:
    return base.memory or Sizes.of_shapes(base.linear_shapes, base.parameters)


def copied_bytes(base: BaseModel) -> int:
    """Bytes of a base's weights files in another format than float32, which is mapped instead."""
    try:
        stored = sum(path.stat().st_size for path in Path(base.source).glob("*.safetensors"))
    except OSError:
        return 0
    return stored if stored < FLOAT32 * base.parameters * 0.9 else 0


def machine_here() -> Machine:
    """This machine. Where workers are others, they are taken to be like it."""
    return Machine.here(settings.RUN_DIR, settings.UPLOAD_MIN_FREE_MB * 2**20)
