"""What a person chooses for a study, parsed once. Loads neither torch nor Django."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem, Unusable, problems_of
from finetune.training.settings import RunSettings
from quantum.adapters.registry import Shapes

from .arms import TITLES, Arm, arms_for
from .tasks import MOST as TASK_MOST
from .tasks import NONE, TASKS

OWN = ("adapter", "adapter_options", "learning_rate", "seed")  # each cell has its own
SWEPT = ("batch_size", "steps", "sequence_length", "weight_decay")
MOST = 64  # values in a list


class StudySettings(BaseModel):
    """The settings of a study.

    Raises:
        BadConfig: with one sentence per field that cannot be used (`from_dict`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    adapter: str = Field("qtha", description="The adapter under study.")
    adapter_options: dict[str, Any] = Field({}, description="Its options.")
    settings: dict[str, Any] = Field(
        {}, description="Settings that all runs share; adapter, learning rate and seed are theirs."
    )
    arms: list[str] = Field(
        [], description="Names of arms, the first one is compared with the others. Empty: all."
    )
    rates: dict[str, list[float]] = Field(
        {}, description="Learning rates of an arm, where they are not its usual ones."
    )
    sweep: dict[str, list[Any]] = Field(
        {}, description=f"Further settings that are tried: {', '.join(SWEPT)}."
    )
    extensions: int = Field(
        1,
        ge=0,
        le=8,
        description="How often a grid is made longer where its best learning rate is at its edge.",
    )
    seeds: list[int] = Field(
        [1, 2, 3], description="Seeds; the grid is tried with the first one alone."
    )
    size: float = Field(
        0.005, gt=0, le=100, description="The difference of the test loss that one wants to see."
    )
    task: str = Field(
        NONE,
        description="What the chosen checkpoints are scored by once the test file is: none, "
        "replies (ROUGE-L to the test dialogues) or arithmetic (on problems of its own).",
    )
    task_most: int = Field(
        TASK_MOST, ge=1, le=10_000, description="Dialogues or problems of the task, at most."
    )

    @field_validator("arms", "seeds")
    @classmethod
    def _once(cls, value: list[Any]) -> list[Any]:
        if len(set(value)) < len(value):
            raise Unusable("must not name one twice")
        if len(value) > MOST:
            raise Unusable(f"at most {MOST}")
        return value

    @field_validator("task")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (NONE, *TASKS):
            raise Unusable(f"one of {', '.join((NONE, *TASKS))}")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        problems = []
        if not self.seeds:
            problems.append(Problem("seeds", "name at least one"))
        if unknown := [name for name in self.arms if name not in TITLES]:
            words = f"unknown: {', '.join(unknown)}; known: {', '.join(TITLES)}"
            problems.append(Problem("arms", words))
        for name, rates in self.rates.items():
            if not 1 <= len(rates) <= MOST or any(not 0 < rate <= 1 for rate in rates):
                problems.append(Problem("rates", f"{name}: numbers above 0, at most 1"))
        for name, values in self.sweep.items():
            if name not in SWEPT or not 1 <= len(values) <= MOST:
                problems.append(Problem("sweep", f"{name}: values of {', '.join(SWEPT)}"))
        if own := sorted(set(self.settings) & set(OWN)):
            problems.append(Problem("settings", f"{', '.join(own)}: each run has its own"))
        if problems:
            raise Unusable("", *problems)
        return self

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Parse plain values, those of the shared settings too.

        Raises:
            BadConfig: an unknown field, a wrong type or values that cannot be used.
        """
        try:
            study = cls.model_validate(dict(values))
        except ValidationError as error:
            raise BadConfig(*problems_of(error, cls)) from None
        for point in study.points_swept():
            RunSettings.from_dict({**study.settings, **point, "adapter": "lora"})
        return study

    def points_swept(self) -> list[dict[str, Any]]:
        """Every combination of the swept settings; one empty one where nothing is swept."""
        points: list[dict[str, Any]] = [{}]
        for name, values in sorted(self.sweep.items()):
            points = [{**point, name: value} for point in points for value in values]
        return points

    def arms_on(self, shapes: Shapes) -> tuple[Arm, ...]:
        """The study's arms on a base, in the order in which it names them.

        Raises:
            BadConfig: an arm is named that this adapter does not have.
            OptionError: the adapter's options cannot be used.
        """
        targets = RunSettings.from_dict({**self.settings, "adapter": "lora"}).targets
        offered = {
            arm.name: arm for arm in arms_for(self.adapter, self.adapter_options, shapes, targets)
        }
        if missing := [name for name in self.arms if name not in offered]:
            words = f"{', '.join(missing)}: not with these options; there are {', '.join(offered)}"
            raise BadConfig(Problem("arms", words))
        return tuple(offered[name] for name in self.arms or offered)
