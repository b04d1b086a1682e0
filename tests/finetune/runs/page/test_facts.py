"""What a run's page shows of its settings."""

from __future__ import annotations

import pytest
from django.utils import translation

from finetune.runs.events import run_absorb
from finetune.runs.models import Run
from finetune.runs.page.facts import settings_of
from finetune.training.computing.precision import AMX

pytestmark = pytest.mark.django_db


def shown(run: Run, language: str = "en") -> str:
    with translation.override(language):
        rows = {name: value for _, group in settings_of(run) for name, value, _ in group}
    return str(rows["precision"])


def test_the_number_format_is_shown_with_who_chose_it_and_why(run_made: Run) -> None:
    run = run_made
    assert shown(run) == "auto"  # no trainer has begun
    run_absorb(run, "model", {"precision": "bfloat16", "precision_why": AMX})
    assert shown(run) == "auto: bfloat16, since the processor has AMX"
    assert shown(run, "zh-hans") == "auto：bfloat16，因为处理器有 AMX"
    run.config["precision"] = "bfloat16"
    assert shown(run) == "bfloat16"  # asked for, so there is nothing to explain


def test_a_run_of_an_earlier_version_has_no_such_row(run_made: Run) -> None:
    del run_made.config["precision"]
    with pytest.raises(KeyError):
        shown(run_made)
