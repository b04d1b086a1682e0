"""A base with few positions: refused with both numbers, and sample replies that fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.training.__main__ import main
from finetune.training.dialogues.positions import positions_in, positions_problem
from finetune.training.log.events import read_events
from tests.finetune.training.conftest import Make, folder_made

POSITIONS = 64
SHORT = {"adapter": "lora", "adapter_options": {"r": 2}, "steps": 1, "eval_every": 0,
         "batch_size": 2, "gradient_accumulation": 1, "system_prompt": ""}  # fmt: skip


@pytest.fixture(scope="module")
def learned_positions(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OPT, whose positions are a table of 64 rows: what is beyond it cannot be read at all."""
    import shutil

    from transformers import OPTConfig, OPTForCausalLM

    folder = tmp_path_factory.mktemp("opt") / "model"
    vocabulary = json.loads((tiny_model_dir / "config.json").read_text())["vocab_size"]
    config = OPTConfig(
        vocab_size=vocabulary, hidden_size=32, ffn_dim=64, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=POSITIONS, word_embed_proj_dim=32,
        pad_token_id=2, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    OPTForCausalLM(config).save_pretrained(folder)
    for path in tiny_model_dir.glob("*token*"):
        shutil.copy(path, folder)
    for path in tiny_model_dir.glob("*.jinja"):
        shutil.copy(path, folder)
    return folder


def last(folder: Path, kind: str) -> Any:
    return [e for e in read_events(folder / "events.jsonl") if e["type"] == kind][-1]


def test_a_length_beyond_them_is_refused(
    learned_positions: Path, run_here: Any, tmp_path: Path
) -> None:
    folder = folder_made(tmp_path / "run", learned_positions, **SHORT, sequence_length=256)
    assert run_here(folder) == 2
    message = last(folder, "error")["message"]
    assert "sequence_length: " in message
    assert "at most 64 tokens at once, not 256: set it to 64 or fewer" in message


def test_the_whole_length_trains_and_replies_fit(
    learned_positions: Path, run_here: Any, tmp_path: Path
) -> None:
    prompts = ["Hello", "I am sad. " * 14, "I am very sad. " * 60]
    folder = folder_made(
        tmp_path / "run", learned_positions, **SHORT, sequence_length=POSITIONS,
        sample_tokens=40, sample_prompts=prompts,
    )  # fmt: skip
    assert run_here(folder) == 0, last(folder, "error")
    samples = [e for e in read_events(folder / "events.jsonl") if e["type"] == "sample"][-3:]
    assert samples[0]["data"]["reply"]
    assert "at most" in samples[1]["message"]
    assert f"of the base model's {POSITIONS} positions" in samples[1]["message"]
    assert samples[1]["data"]["reply"] or "at most 0 tokens" in samples[1]["message"]
    assert "at most 0 tokens and not 40" in samples[2]["message"]
    assert samples[2]["data"]["reply"] == ""
    assert [sample["level"] for sample in samples[1:]] == ["warn", "warn"]


def test_new_looks_at_a_base_that_is_there(
    learned_positions: Path, tmp_path: Path, write_dialogues: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    arguments = ["new", str(tmp_path / "run"), "--train-file", str(write_dialogues(3)),
                 "--base-model", str(learned_positions)]  # fmt: skip
    assert main(arguments) == 2
    assert "--sequence-length: " in capsys.readouterr().err
    assert main([*arguments, "--sequence-length", str(POSITIONS)]) == 0


@pytest.mark.parametrize(
    ("content", "positions"),
    [
        ('{"max_position_embeddings": 64}', 64),
        ('{"n_positions": 1024}', 1024),
        ('{"text_config": {"max_position_embeddings": 8192}}', 8192),
        ('{"max_position_embeddings": null}', 0),
        ('{"max_position_embeddings": "64"}', 0),
        ('{"max_position_embeddings": -1, "n_positions": true}', 0),
        ("[]", 0),
        ("{", 0),
        ("", 0),
    ],
)
def test_what_a_config_file_says(tmp_path: Path, content: str, positions: int) -> None:
    (tmp_path / "config.json").write_text(content)
    assert positions_in(tmp_path) == positions


def test_there_is_no_problem_without_a_limit() -> None:
    assert positions_problem("x", 0, 10**6) == ""
    assert positions_problem("x", 64, 64) == ""
    assert "64" in positions_problem("x", 64, 65)
    assert "65" in positions_problem("x", 64, 65)


def test_a_run_on_the_tiny_llama_is_not_told_anything(make_run: Make, run_here: Any) -> None:
    folder = make_run(**SHORT)
    assert run_here(folder) == 0
    assert last(folder, "sample")["message"] == "sample reply after step 1"
