"""A base with an adapter is the same in every process, and saved as the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.training.config import RunConfig
from finetune.training.model import attach_adapter, load_base

LAYERS = ["v_proj", "q_proj", "up_proj", "k_proj", "o_proj", "gate_proj", "down_proj"]


@pytest.mark.parametrize("adapter", ["qtha", "lora"])
def test_the_names_of_layers_are_saved_in_one_order(
    tiny_model_dir: Path, tmp_path: Path, adapter: str
) -> None:
    """A set's order would be that of the process: the same run, other files and other hashes."""
    config = RunConfig.from_dict(
        {
            "base_model": str(tiny_model_dir),
            "train_file": "train.jsonl",
            "adapter": adapter,
            "targets": LAYERS,
        }
    )
    attach_adapter(load_base(config.base_model), config).save_pretrained(str(tmp_path))
    saved = json.loads((tmp_path / "adapter_config.json").read_text())
    assert saved["target_modules"] == sorted(LAYERS)
