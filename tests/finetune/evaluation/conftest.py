"""Runs of the tiny model that were trained once for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.training.log.events import read_events
from tests.finetune.training.conftest import folder_made, trained

QTHA = {"r": 3, "mpo_width": 8, "mpo_bond": 2}
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
