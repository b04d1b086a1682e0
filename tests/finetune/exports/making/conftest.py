"""Tiny runs that were trained once, and their exports made in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.exports.making.order import Order
from tests.finetune.training.conftest import folder_made, trained

SETTINGS = {
    "lora": {"adapter": "lora", "adapter_options": {"r": 4}},
    "qtha": {"adapter": "qtha"},
}
FACTS: dict[str, Any] = {
    "name": "A tiny | run",
    "job": "ftjob-1",
    "ended": True,
    "step": 2,
    "steps": 2,
    "data": [
        {"role": "Data set", "name": "Talks", "id": "file-1", "sha256": "ab12", "licence": ""}
    ],
    "counts": {"train": {"used": 30, "skipped": 1, "label_tokens": 900}},
    "continues": "",
    "base": [("Weights", "random")],
    "settings": {"seed": 7, "backend": "statevector"},
    "result": [("Held-out loss after", "3.1000"), ("Tokens learned from", None)],
    "hardware": [],
    "energy": "",
}


@pytest.fixture(scope="session")
def runs(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a finished run of each kind."""
    folders = {}
    for name, values in SETTINGS.items():
        folder = tmp_path_factory.mktemp("runs") / name
        values = {"steps": 2, "eval_every": 2, "learning_rate": 1e-2, **values}
        folders[name] = folder_made(folder, tiny_model_dir, **values)
        assert trained(folder) == 0
    return folders


@pytest.fixture(scope="session")
def order(runs: dict[str, Path], tiny_model_dir: Path) -> Callable[..., Order]:
    def make(name: str = "lora", **changes: Any) -> Order:
        values: dict[str, Any] = {
            "name": "tiny",
            "parts": ("adapter",),
            "base": str(tiny_model_dir),
            "base_id": "someone/tiny",
            "licence": "Apache-2.0",
            "source": str(runs[name] / "adapter"),
            "adapter": name,
            "pictures": {},
            "facts": FACTS,
        }
        return Order(**{**values, **changes})

    return make
