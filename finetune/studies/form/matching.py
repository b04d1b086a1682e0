"""The study that matches a run: its data, base and settings; every arm, usual rates, 3 seeds."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from finetune.runs.models import Run
from finetune.studies.design.arms import arms_for
from finetune.studies.design.settings import StudySettings
from finetune.studies.exceptions import StudyRefused
from finetune.studies.orders import shared_settings
from finetune.training.settings import RunSettings
from quantum.backends.registry import BACKENDS
from quantum.exceptions import OptionError, UnknownNameError

SEEDS = 3
SIZE = 0.005  # nats: the difference one wants to see
# A study reads no sample replies, and of each run only the best checkpoint is scored.
ASIDE = {"sample_tokens": 0, "keep_checkpoints": 1}


def shared_for_study(settings: RunSettings) -> dict[str, Any]:
    """What the arms share, of the settings of one run."""
    return {**shared_settings(settings), **ASIDE}


def seeds_from(first: int, count: int = SEEDS) -> list[int]:
    return [(first + at) % 2**32 for at in range(count)]


def matched_settings(settings: RunSettings) -> StudySettings:
    """The matched study of a run's settings: all the arms that there are, at their usual rates."""
    return StudySettings.from_dict(
        {
            "adapter": settings.adapter,
            "adapter_options": dict(settings.adapter_options),
            "settings": shared_for_study(settings),
            "seeds": seeds_from(settings.seed),
            "size": SIZE,
        }
    )


def study_problem(run: Run) -> str:
    """Why a run has no matched study; empty if it has."""
    if run.continues_id is not None:
        return _("It goes on from another run; study the first one of them.")
    if BACKENDS[run.settings.backend].billable:
        return _("It ran on a machine that costs money; a study runs on simulators.")
    if not is_compared(run):
        return _("There is nothing to compare it with: it is what others are compared with.")
    return ""


def is_compared(run: Run) -> bool:
    """Whether there are other arms for a run's adapter; with its options, on its base."""
    chosen = run.settings
    try:
        arms = arms_for(
            chosen.adapter, chosen.adapter_options, run.base.linear_shapes, chosen.targets
        )
    except (OptionError, UnknownNameError):
        return False
    return len(arms) > 1


def study_check(run: Run) -> None:
    """Refuse a run that has no matched study.

    Raises:
        StudyRefused: with the reason.
    """
    if problem := study_problem(run):
        raise StudyRefused(problem, code="not_studied", field="from")
