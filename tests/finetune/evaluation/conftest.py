"""Runs of the tiny model that were trained once for all tests of this folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from finetune.training.log.events import read_events
from tests.finetune.training.conftest import folder_made, trained

QTHA = {"r": 3, "mpo_width": 8, "mpo_bond": 2}
OWN = {"adapter": "qtha", "adapter_options": QTHA}
QGS = {"n_qubits": 4, "n_layers": 1, "form": "input"}


@pytest.fixture(scope="package")
def make_trained(
    tmp_path_factory: pytest.TempPathFactory, tiny_model_dir: Path
) -> Callable[..., Path]:
    """Train a run once for each set of settings."""
    made: dict[str, Path] = {}

    def make(**values: Any) -> Path:
        key = json.dumps(values, sort_keys=True)
        if key not in made:
            folder = tmp_path_factory.mktemp("evaluation") / "run"
            made[key] = folder_made(
                folder, tiny_model_dir, **{"sample_tokens": 0, "learning_rate": 0.05, **values}
            )
            assert trained(made[key]) == 0
        return made[key]

    return make


@pytest.fixture
def qtha_run(make_trained: Callable[..., Path]) -> Path:
    return make_trained(adapter_options=QTHA)


@pytest.fixture
def qgs_run(make_trained: Callable[..., Path]) -> Path:
    return make_trained(adapter="qgs", adapter_options=QGS)


def logged(folder: Path) -> dict[int, dict[str, Any]]:
    """The evaluations of a run's log by step."""
    return {
        event["data"]["step"]: event["data"]
        for event in read_events(folder / "events.jsonl")
        if event["type"] == "evaluation"
    }


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into the queue."""
    from finetune.evaluation import execution, services

    tasks: list[Any] = []
    for module in (services, execution):
        monkeypatch.setattr(module, "enqueue", lambda task, pk: tasks.append((task, pk)))
    return tasks


@pytest.fixture
def run(run_made: Any, tiny_model_dir: Any, qtha_run: Any, settings: Any) -> Any:
    """Alice's succeeded run, with its folder. Its evaluations are no nicer than the tests."""
    settings.TRAINER_NICENESS = 0
    base = run_made.base
    base.source, base.state = str(tiny_model_dir), "ready"
    base.save()
    run_made.config = {**run_made.config, **OWN, "steps": 12}
    run_made.state, run_made.step = "succeeded", 12
    run_made.save()
    shutil.copytree(qtha_run, run_made.folder, dirs_exist_ok=True)
    yield run_made
    shutil.rmtree(run_made.folder)


@pytest.fixture
def made(run: Any, alice: Any, sent: list[Any]) -> Any:
    from finetune.evaluation import services

    def make(**values: Any) -> Any:
        chosen = {"kind": "scores", "run": run, "team": run.team, "user": alice, **values}
        return services.evaluation_create(**chosen)

    return make


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
