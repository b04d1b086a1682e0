"""From a study to its arms and cells, and from a cell to the run that carries it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.checks import RunOrder, refusal
from finetune.runs.models import Run
from finetune.teams.models import ApiKey, Team, User
from finetune.training.circuits.backends import backends_of
from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from quantum.adapters.registry import get_adapter
from quantum.exceptions import OptionError, UnknownNameError

from .design.arms import Arm
from .design.cells import Cell
from .design.settings import OWN, StudySettings
from .exceptions import StudyRefused
from .models import Study

OF_THE_CIRCUIT = frozenset({"backend", "backend_options", "calibration"})


@dataclass(frozen=True, kw_only=True)
class StudyOrder:
    """A study that somebody wants started."""

    team: Team
    user: User | None  # None: nobody yet, for an estimate
    base: BaseModel
    dataset: Dataset
    settings: StudySettings
    validation_dataset: Dataset | None = None
    test_dataset: Dataset | None = None
    task_dataset: Dataset | None = None
    source: Run | None = None
    key: ApiKey | None = None
    name: str = ""
    priority: int = Run.Priority.NORMAL

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Its arms on its base.

        Raises:
            StudyRefused: its adapter cannot be used so, or has no such arm.
        """
        try:
            return arms_on(self.settings, self.base)
        except OptionError as error:
            raise StudyRefused(str(error), code="invalid", field="adapter_options") from error
        except UnknownNameError as error:
            raise StudyRefused(str(error), code="invalid", field="adapter") from error
        except BadConfig as error:
            first = error.problems[0]
            raise StudyRefused(first.text, code="invalid", field=first.field) from error


def study_arms(study: Study) -> tuple[Arm, ...]:
    """The arms of a study on its base.

    Raises:
        RunRefused: this version of the site has no such arms any more.
    """
    try:
        return arms_on(study.settings, study.base)
    except (OptionError, UnknownNameError, BadConfig) as error:
        raise RunRefused(str(error), code="arms_gone") from error


def arms_on(settings: StudySettings, base: BaseModel) -> tuple[Arm, ...]:
    """The arms on a base. Counting their parameters takes a fifth of a second, and a study asks at
    every step.

    Raises:
        BadConfig: an arm is named that this adapter does not have.
        OptionError: the adapter's options cannot be used.
    """
    return _arms_on(settings.model_dump_json(), tuple(base.linear_shapes.items()))


@lru_cache(maxsize=64)
def _arms_on(settings: str, shapes: tuple[tuple[str, tuple[int, int]], ...]) -> tuple[Arm, ...]:
    return StudySettings.from_dict(json.loads(settings)).arms_on(dict(shapes))


def shared_settings(settings: RunSettings) -> dict[str, Any]:
    """What all arms have in common: the settings of a run without those of an arm."""
    return {name: value for name, value in settings.to_dict().items() if name not in OWN}


def cell_settings(study: StudySettings, arm: Arm, cell: Cell) -> RunSettings:
    """The settings of a cell's run. An arm without a circuit has no backend.

    Raises:
        RunRefused: they cannot be used.
    """
    if not backends_of(get_adapter(arm.adapter)):
        own = {k: v for k, v in study.settings.items() if k not in OF_THE_CIRCUIT}
        study = study.model_copy(update={"settings": own})
    try:
        return cell.settings(study, arm)
    except BadConfig as error:
        raise refusal(error.problems or (Problem("settings", str(error)),)) from error


def cell_name(arm: Arm, cell: Cell) -> str:
    """What its run is called in lists."""
    swept = "".join(f", {name} {value}" for name, value in cell.point.swept)
    title = f"{arm.title[:1].upper()}{arm.title[1:]}"
    return f"{title}, {cell.point.rate:g}{swept}, seed {cell.seed}"[:64]


def run_order(study: Study, arm: Arm, cell: Cell) -> RunOrder:
    """What `run_create` takes for a cell.

    Raises:
        RunRefused: its settings cannot be used.
    """
    return RunOrder(
        team=study.team,
        user=study.created_by,
        key=study.key,
        base=study.base,
        dataset=study.dataset,
        validation_dataset=study.validation_dataset,
        settings=cell_settings(study.settings, arm, cell),
        name=cell_name(arm, cell),
        priority=study.priority,
        metadata={"study": study.public_id, "cell": cell.key},
    )
