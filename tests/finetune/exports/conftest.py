"""A run of the site that has really been trained, on a tiny base."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.exports import execution, services
from tests.finetune.training.conftest import folder_made, trained

LORA = {"adapter": "lora", "adapter_options": {"r": 4}}


@pytest.fixture(scope="session")
def trained_folder(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    folder_made(folder, tiny_model_dir, steps=2, eval_every=2, learning_rate=1e-2, **LORA)
    assert trained(folder) == 0
    return folder


@pytest.fixture
def run(run_made: Any, tiny_model_dir: Path, trained_folder: Path) -> Any:
    """Alice's succeeded run, with its folder."""
    base = run_made.base
    base.source, base.parameters, base.note = str(tiny_model_dir), 2_400_000, "random weights"
    base.save()
    run_made.config = {**run_made.config, **LORA, "steps": 2}
    run_made.state, run_made.step = "succeeded", 2
    run_made.result = {"base_validation_loss": 3.2, "validation_loss": 3.1, "trained_tokens": 500}
    run_made.save()
    shutil.copytree(trained_folder, run_made.folder, dirs_exist_ok=True)
    yield run_made
    shutil.rmtree(run_made.folder)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was put into the queue."""
    tasks: list[Any] = []
    for module in (services, execution):
        monkeypatch.setattr(module, "enqueue", lambda task, pk: tasks.append((task, pk)))
    return tasks
