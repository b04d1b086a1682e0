"""Descriptions of base models, from config alone, also from a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finetune.bases.files.inspect import BaseModelFacts, inspect, languages_of
from quantum.adapters.registry import reference_count

COMMAND = [sys.executable, "-m", "finetune.bases.files.inspect"]
ROOT = Path(__file__).resolve().parents[3]


def test_smollm2(base_model_dir: Path) -> None:
    done = subprocess.run(
        [*COMMAND, str(base_model_dir)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    facts = BaseModelFacts.from_json(done.stdout)
    assert facts.parameters == 134_515_008
    assert facts.layers == 30
    assert facts.max_positions == 8192
    assert facts.has_chat_template
    assert facts.languages == ["en"]
    assert facts.licence == "Apache-2.0"
    assert "4-bit" in facts.note
    assert facts.targets == [
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ]
    assert facts.linear_shapes["model.layers.0.self_attn.v_proj"] == (192, 576)
    assert reference_count(facts.linear_shapes) == 460_800


@pytest.mark.parametrize(("tokens_a_sign", "expected"), [(0.65, ["en", "zh"]), (1.9, ["en"])])
def test_a_language_is_one_that_the_tokenizer_has_words_for(
    tokens_a_sign: float, expected: list[str]
) -> None:
    def tokenizer(text: str, **_: bool) -> dict[str, list[int]]:
        return {"input_ids": [0] * round(tokens_a_sign * len(text))}

    assert languages_of(tokenizer) == expected


def test_tiny_is_deterministic_and_described(tiny_model_dir: Path) -> None:
    facts = inspect(str(tiny_model_dir))
    assert facts.hidden_size == 48
    assert facts.sizes["keys"] == 24
    assert len(facts.linear_shapes) == 14
    assert BaseModelFacts.from_json(facts.to_json()) == facts


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "nothing")], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "There is no folder" in json.loads(done.stdout)["error"]
