"""Run folders with pairs of replies that are easy to tell apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.finetune.training.conftest import folder_made

Make = Callable[..., Path]


def pair(number: int) -> dict[str, Any]:
    """A question is preferred to an order."""
    return {
        "messages": [{"role": "user", "content": f"Day {number}: I am tired."}],
        "chosen": {"role": "assistant", "content": f"What made day {number} so long?"},
        "rejected": {"role": "assistant", "content": f"Just go to sleep on day {number}."},
    }


def pairs_made(folder: Path, base: Path, **values: Any) -> Path:
    """A run folder like any, with pairs in place of dialogues."""
    settings = {
        "kind": "preference",
        "adapter": "lora",
        "adapter_options": {},
        "learning_rate": 1e-2,
        "system_prompt": "",
        "gradient_accumulation": 1,
        "sample_tokens": 0,
    }
    folder = folder_made(folder, base, **(settings | values))
    for name, start, count in (("train", 0, 30), ("validation", 100, 8)):
        lines = "".join(json.dumps(pair(start + number)) + "\n" for number in range(count))
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def make_pairs(tmp_path: Path, tiny_model_dir: Path) -> Make:
    return lambda name="run", **values: pairs_made(tmp_path / name, tiny_model_dir, **values)
