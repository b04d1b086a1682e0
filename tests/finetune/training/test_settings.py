"""Rows and folders of earlier versions, half-filled forms, and problems as data."""

from __future__ import annotations

from typing import Any

import pytest

from finetune.training.config import RunConfig
from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings
from tests.finetune.training.test_config import by_field

ROW: dict[str, Any] = {  # as an earlier version kept it: every setting, no path
    "adapter": "lora",
    "adapter_options": {"r": 8, "alpha": 16.0, "dropout": 0.0},
    "targets": ["q_proj", "v_proj"],
    "system_prompt": "Be kind.",
    "backend": "statevector",
    "backend_options": {},
    "calibration": "",
    "learning_rate": 0.01,
    "steps": 60,
    "batch_size": 4,
    "gradient_accumulation": 1,
    "sequence_length": 384,
    "seed": 7,
    "warmup_ratio": 0.1,
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "scheduler": "cosine",
    "eval_every": 20,
    "eval_dialogues": 32,
    "save_every": 20,
    "sample_prompts": ["I keep waking up at 4am."],
    "sample_tokens": 40,
    "precision": "auto",
    "threads": 0,
}
QGS = {
    "form": "input", "n_qubits": 8, "n_layers": 1, "topology": "chain", "control": "trained",
    "gradient": "spsa", "spsa_samples": 1, "shots": 1000, "readout_mitigation": False, "zne": False,
}  # fmt: skip
KEPT: list[dict[str, Any]] = [
    {},
    {
        "adapter": "qtha",
        "adapter_options": {
            "r": 8, "n_layers": 1, "variant": "ABC", "init": "lora", "alpha": 16.0, "dropout": 0.0,
            "mpo_width": 32, "mpo_bond": 4,
        },
    },
    {
        "adapter": "gatenet",
        "adapter_options": {"n_axes": 5, "orthogonal": False, "output_scaling": True},
    },
    {"adapter": "qgs", "adapter_options": QGS},
    {"adapter": "qgs", "adapter_options": {**QGS, "gradient": "auto"}, "backend": "qpanda"},
    {
        "adapter": "qgs",
        "adapter_options": QGS,
        "backend": "aer",
        "backend_options": {"method": "automatic", "noise": "none", "seed": 0},
    },
    {
        "adapter": "qgs",
        "adapter_options": QGS,
        "backend": "wukong",
        "backend_options": {"chip": "WK_C180", "max_shots": 10000, "amend": False},
    },
]  # fmt: skip
PATHS = {"base_model": "base", "train_file": "train.jsonl"}


# Settings that came later have their defaults.
SINCE = {"early_stopping": 0, "keep_checkpoints": 2, "devices": 1, "sharding": "none"}
SINCE |= {"kind": "supervised", "beta": 0.1, "sft_weight": 0.0}
OPTIONS_SINCE = {"qtha": {"control": "trained"}}


@pytest.mark.parametrize("changes", KEPT)
def test_a_kept_row_reads_and_is_kept_as_before(changes: dict[str, Any]) -> None:
    row = {**ROW, **changes}
    kept = RunSettings.from_dict(row).completed().to_dict()
    options = {**row["adapter_options"], **OPTIONS_SINCE.get(row["adapter"], {})}
    assert kept == {**row, **SINCE, "adapter_options": options}
    config = RunConfig.from_dict({**row, **PATHS})
    assert {name: config.to_dict()[name] for name in row} == row
    assert config.options.items() >= row["adapter_options"].items()


def test_a_row_from_before_there_were_backends_reads() -> None:
    row = {name: value for name, value in ROW.items() if not name.startswith("backend")}
    del row["calibration"]
    row |= {"adapter": "qtha", "adapter_options": {"r": 4, "backend": "statevector"}}
    for config in (RunConfig.from_dict({**row, **PATHS}), RunSettings.draft(row)[0].completed()):
        assert config.backend == "statevector"
        assert config.options["r"] == 4


def test_a_row_from_before_a_number_format_was_chosen_reads() -> None:
    row = {name: value for name, value in ROW.items() if name != "precision"}
    assert RunSettings.draft(row) == (RunSettings.from_dict(ROW), ())


def test_what_no_setting_is_any_more_is_left_out_of_an_old_row() -> None:
    settings, problems = RunSettings.draft({**ROW, "steps": 9, "suffix": "calm"})
    assert (settings.steps, settings.system_prompt) == (9, "Be kind.")
    assert [problem.field for problem in problems] == ["suffix"]


def test_half_a_form_keeps_what_can_be_used() -> None:
    options = {"r": "99", "n_layers": "x"}
    settings, problems = RunSettings.draft({"steps": "x", "seed": 3, "adapter_options": options})
    assert settings == RunSettings(seed=3)
    assert [problem.place for problem in problems] == [
        "adapter_options.r",
        "adapter_options.n_layers",
        "steps",
    ]
    assert problems[0].text.startswith("99 is too large. Allowed: a whole number from 1 to")


def test_an_option_is_read_in_its_type_and_its_default_is_not_written_down() -> None:
    settings = RunSettings(adapter_options={"r": "4", "dropout": None})
    assert settings.adapter_options == {"r": 4}
    assert settings.options["backend"] == "statevector"
    assert settings.completed().adapter_options["n_layers"] == 1
    assert RunSettings(adapter="lora").options.keys() == {"r", "alpha", "dropout"}


def test_settings_do_not_change_but_others_are_made_of_them() -> None:
    settings = RunSettings()
    with pytest.raises(ValueError, match="frozen"):
        settings.steps = 5  # type: ignore[misc]
    assert settings.changed(steps=5).steps == 5
    with pytest.raises(BadConfig, match="steps: must be at least 1"):
        settings.changed(steps=0)


def test_a_problem_says_where_and_what() -> None:
    with pytest.raises(BadConfig) as bad:
        RunConfig.from_dict({**PATHS, "adapter": "qgs", "backend": "abacus", "seed": 2**32})
    assert bad.value.problems == (
        Problem("backend", "unknown: 'abacus'; known: statevector, aer, qpanda, wukong"),
        Problem("seed", "must be at most 4.29497e+09"),
    )
    problem = Problem("adapter_options", "99 is too large", "r")
    assert str(problem) == "adapter_options: r: 99 is too large"
    assert problem.place == "adapter_options.r"


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), True, None, "1", [1]])
@pytest.mark.parametrize("name", ["steps", "learning_rate"])
def test_no_number_of_any_size_ends_in_a_traceback(name: str, value: Any) -> None:
    with pytest.raises(BadConfig) as bad:
        RunSettings.from_dict({name: value})
    assert by_field(bad.value)[name].startswith("must be ")
