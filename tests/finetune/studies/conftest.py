"""A study of Alice's with a test set; no worker is there to take its runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.utils import timezone

from finetune.datasets.models import Dataset
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.transitions import run_transition
from finetune.runs.worker.records import read_lines
from finetune.studies.design.arms import arms_for
from finetune.studies.design.settings import StudySettings
from finetune.studies.models import Study, StudyRun
from finetune.studies.orders import StudyOrder, shared_settings
from finetune.studies.services import study_create
from finetune.training.settings import RunSettings
from tests.conftest import checked_dataset

OPTIONS = {"r": 4, "n_layers": 1}
RATES = [0.003, 0.01, 0.03]


def set_kept_apart(team: Any, user: Any) -> Dataset:
    """The demo dialogues under another hash, as if they were others."""
    made: Dataset = checked_dataset(team, user)
    made.sha256, made.name = "f" * 64, "Kept apart"
    made.save()
    return made


def arm_names(base: Any, count: int = 4) -> list[str]:
    """The first arms that there are for the adapter."""
    arms = arms_for("qtha", OPTIONS, base.linear_shapes, ["q_proj", "v_proj"])
    return [arm.name for arm in arms][:count]


@pytest.fixture
def order(team: Any, alice: Any, base: Any, dataset: Any) -> StudyOrder:
    names = arm_names(base)
    shared = shared_settings(RunSettings(steps=20, batch_size=2, sequence_length=64))
    return StudyOrder(
        team=team,
        user=alice,
        base=base,
        dataset=dataset,
        test_dataset=set_kept_apart(team, alice),
        settings=StudySettings(
            adapter="qtha",
            adapter_options=OPTIONS,
            settings=shared,
            arms=names,
            rates=dict.fromkeys(names, RATES),
            seeds=[1, 2],
            extensions=0,
        ),
    )


@pytest.fixture
def study(order: StudyOrder) -> Study:
    return study_create(order)


def run_end(cell: StudyRun, loss: float | None, state: str = Run.State.SUCCEEDED) -> None:
    """Let a cell's run have come to this, as a trainer and a worker leave it."""
    run = run_transition(cell.run_id, Run.State.RUNNING, message="Started.")
    lines = [
        ("model", {"trainable_parameters": 1000, "precision": "float32"}),
        *(("metrics", metrics(step)) for step in range(1, 21)),
        ("evaluation", {"step": 20, "validation_loss": loss}),
        ("result", result(loss)),
        ("state", {"state": state}),
    ]
    run.folder.mkdir(parents=True, exist_ok=True)
    with (run.folder / "events.jsonl").open("w", encoding="utf-8") as log:
        for seq, (kind, data) in enumerate(lines, 1):
            line = {"seq": seq, "time": 1.0, "type": kind, "level": "info", "message": ""}
            log.write(json.dumps({**line, "data": data}) + "\n")
    run_events_copy(run.pk, read_lines(run.folder / "events.jsonl"))
    run = Run.objects.get(pk=run.pk)
    run.started_at = timezone.now()
    run.save()
    error = {} if state == Run.State.SUCCEEDED else {"code": "nan", "message": "The loss is NaN."}
    run_transition(run.pk, state, message="Ended.", finished_at=timezone.now(), error=error)


def metrics(step: int) -> dict[str, Any]:
    return {
        "step": step, "total_steps": 20, "train_loss": 3 - step / 20, "step_seconds": 0.1,
        "memory_mb": 100.0, "circuits_run": 10 * step,
    }  # fmt: skip


def result(loss: float | None) -> dict[str, Any]:
    return {
        "base_validation_loss": 4.0, "validation_loss": loss, "best_validation_loss": loss,
        "best_step": 20, "processor_seconds": 2.0, "peak_memory_mb": 120, "energy_joules": 20.0,
    }  # fmt: skip


def runs_end(study: Study, loss_of: Callable[[StudyRun], float | None]) -> int:
    """End every run that waits, with the loss that `loss_of` gives its cell; None fails it."""
    waiting: Iterable[StudyRun] = study.cells.exclude(run__state__in=Run.FINISHED)
    count = 0
    for cell in waiting:
        loss = loss_of(cell)
        state = Run.State.FAILED if loss is None else Run.State.SUCCEEDED
        run_end(cell, loss, state)
        count += 1
    return count
