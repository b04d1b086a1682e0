"""The cast of these tests: the real base model, a tiny one, the shared data, a short data set."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_ordered(team: Any, user: Any, base: Any, dataset: Any, config: Any, **order: Any) -> Any:
    """A run of plain settings, made as a form or a client has it made."""
    from finetune.runs.checks import RunOrder, settings_read
    from finetune.runs.services import run_create

    settings = settings_read(config)
    return run_create(
        RunOrder(team=team, user=user, base=base, dataset=dataset, settings=settings, **order)
    )


@pytest.fixture(scope="session")
def base_model_dir() -> Path:
    """The converted SmolLM2-135M-Instruct."""
    default = ROOT / "var" / "base-models" / "smollm2-135m-instruct"
    folder = Path(os.environ.get("WUKONG_BASE_MODEL") or default)
    if not (folder / "model.safetensors").is_file():
        pytest.skip(
            f"no base model at {folder}: run 'python -m finetune.bases.files.fetch {default}' "
            "or set WUKONG_BASE_MODEL"
        )
    return folder


@pytest.fixture(scope="session")
def tiny_model_dir(base_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised Llama of two layers with SmolLM2's tokenizer."""
    from finetune.bases.files.tiny import make_tiny

    return make_tiny(tmp_path_factory.mktemp("tiny") / "model", base_model_dir)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of research data beside the repository."""
    folder = Path(os.environ.get("WUKONG_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set WUKONG_SHARED_DATA")
    return folder


def dialogue(number: int, turns: int = 2) -> dict[str, Any]:
    """A short dialogue unlike any other number's."""
    messages = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"Day {number}, hour {turn}: I am tired."})
        messages.append({"role": "assistant", "content": f"What made day {number} so long?"})
    return {"messages": messages}


@pytest.fixture
def write_dialogues(tmp_path: Path) -> Callable[..., Path]:
    """Write `count` short dialogues to a file and return its path."""

    def write(count: int, name: str = "dialogues.jsonl", turns: int = 2) -> Path:
        path = tmp_path / name
        lines = [json.dumps(dialogue(number, turns)) for number in range(count)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
