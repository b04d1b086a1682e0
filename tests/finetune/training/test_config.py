"""Settings: bounds, messages, JSON, presets."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from finetune.training.config import RunConfig, help_texts
from finetune.training.exceptions import BadConfig
from finetune.training.presets import PRESETS, preset_values
from quantum.backends.registry import BACKENDS
from tests.doubles.wukong_chips import patchy_72


def by_field(error: BadConfig) -> dict[str, str]:
    return {problem.field: problem.words for problem in error.problems}


BASE = {"base_model": "base", "train_file": "train.jsonl"}


def test_json_round_trip() -> None:
    config = RunConfig.from_dict({**BASE, "learning_rate": 1, "targets": ["o_proj"]})
    assert RunConfig.from_json(config.to_json()) == config
    assert config.learning_rate == 1.0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("learning_rate", 0, "greater than 0"),
        ("learning_rate", float("nan"), "finite"),
        ("learning_rate", "fast", "must be a number"),
        ("steps", 0, "at least 1"),
        ("steps", 1.5, "whole number"),
        ("steps", True, "whole number"),
        ("batch_size", 10**9, "at most"),
        ("scheduler", "magic", "known: cosine"),
        ("backend", "abacus", "known: statevector"),
        ("adapter", "nothing", "Known: qtha"),
        ("adapter_options", {"r": 99}, "Allowed"),
        ("adapter_options", {"backend": "aer"}, "leave it out here"),
        ("backend", "aer", "one circuit for each token"),
        ("backend", "wukong", "or the adapter qgs"),
        ("backend_options", {"noise": "chip72"}, "noise"),
        ("start_adapter", 3, "must be text"),
        ("targets", [], "at least one"),
        ("targets", [1], "list of texts"),
        ("base_model", " ", "is required"),
        ("train_file", "a\0b", "null characters"),
        ("sample_prompts", ["x"] * 9, "at most 8"),
        ("no_such_field", 1, "unknown setting"),
    ],
)
def test_a_bad_value_is_named(field: str, value: Any, words: str) -> None:
    with pytest.raises(BadConfig) as bad:
        RunConfig.from_dict({**BASE, field: value})
    assert words in by_field(bad.value)[field]


QGS = {**BASE, "adapter": "qgs"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_adapter_without_data_in_its_circuit_takes_every_backend(backend: str) -> None:
    config = RunConfig.from_dict({**QGS, "backend": backend})
    assert config.options["backend"] == backend


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"backend": "aer", "backend_options": {"noise": "loud"}}, "backend_options", "loud"),
        ({"backend": "wukong", "backend_options": {"key": "x"}}, "backend_options", "key"),
        ({"backend": "aer", "adapter": "lora"}, "backend", "has no circuit"),
        ({"adapter_options": {"topology": "chip"}}, "adapter_options", "chain or the lattice"),
        (
            {"adapter_options": {"topology": "chip"}, "calibration": patchy_72().to_json()},
            "adapter_options",
            "chip 72 has 66 available qubits: set Qubits to 66 or fewer",
        ),
        (
            {"adapter_options": {"topology": "chip"}, "calibration": "{}"},
            "calibration",
            "not a calibration",
        ),
        (
            {"backend": "aer", "adapter_options": {"gradient": "backprop"}},
            "adapter_options",
            "nothing to go back through",
        ),
        (
            {"backend": "aer", "adapter_options": {"control": "polynomial"}},
            "adapter_options",
            "polynomial runs no circuit, so aer has nothing to sample",
        ),
        (
            {
                "adapter_options": {"control": "span", "topology": "chip"},
                "calibration": patchy_72().to_json(),
            },
            "adapter_options",
            "how many a chip has",
        ),
        (
            {"adapter_options": {"topology": "lattice", "n_qubits": 7}},
            "adapter_options",
            "form no lattice",
        ),
        (
            {"backend": "wukong", "adapter_options": {"n_qubits": 100}},
            "adapter_options",
            "chip 72 has 72",
        ),
    ],
)
def test_what_the_backend_cannot_run_is_named(
    values: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadConfig) as bad:
        RunConfig.from_dict({**QGS, **values})
    assert words in by_field(bad.value)[field]


def test_a_chip_belongs_to_a_circuit_that_is_built_on_it() -> None:
    chip = patchy_72()
    on_it = {"adapter_options": {"topology": "chip", "n_qubits": 66}}
    config = RunConfig.from_dict({**QGS, **on_it, "calibration": chip.to_json()})
    assert RunConfig.from_json(config.to_json()).chip == chip
    assert RunConfig.from_dict({**QGS, "calibration": chip.to_json()}).chip is None


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(BadConfig) as bad:
        RunConfig.from_dict({"steps": 0, "seed": -1})
    assert set(by_field(bad.value)) == {"steps", "seed", "base_model", "train_file"}


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_bad_json(text: str) -> None:
    with pytest.raises(BadConfig):
        RunConfig.from_json(text)


def test_every_field_has_help() -> None:
    assert set(help_texts()) == set(RunConfig.model_fields)
    assert all(len(text) > 10 for text in help_texts().values())


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid(name: str) -> None:
    config = RunConfig.from_dict({**BASE, **preset_values(name, 3000)})
    assert config.adapter == "qtha"
    if name == "paper":
        assert config.steps == 282  # three passes over 3,000 dialogues, 32 a step
        assert config.options["alpha"] == 2 * config.options["r"]


def test_settings_and_events_need_neither_torch_nor_django() -> None:
    code = (
        "import sys, finetune.training.config, finetune.training.log.events, "
        "finetune.training.presets, finetune.training.loop.checkpoints\n"
        "assert not {'torch', 'transformers', 'peft', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
