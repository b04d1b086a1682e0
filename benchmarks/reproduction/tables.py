"""The studies of `docs/reproduction.md`: what each of them trains, and on what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CORE = ["circuit", "bottleneck", "lora-8", "product", "polynomial"]
REST = ["span", "frozen", "random", "no-middle", "lora-equal"]
COMMON: Mapping[str, Any] = {
    "sample_tokens": 0,
    "sample_prompts": [],
    "precision": "bfloat16",
    "threads": 1,  # a core of its own: two threads wait for each other on a shared machine
    "save_every": 1000,
    "keep_checkpoints": 1,
    "batch_size": 4,
    "scheduler": "cosine",
}


@dataclass(frozen=True)
class Table:
    """One study.

    Attributes:
        base: folder name of the base model, below `var/qwen` or `var/base-models`.
        data: a key of `data.SETS`.
        problems: arithmetic for base and chosen runs, a file below `../shared/data`; or empty.
        study: fields of `StudySettings`; settings are added to `COMMON`.
    """

    base: str
    data: str
    study: Mapping[str, Any] = field(default_factory=dict)
    problems: str = ""

    def values(self) -> dict[str, Any]:
        """As `StudySettings.from_dict` takes them."""
        return {**self.study, "settings": {**COMMON, **self.study.get("settings", {})}}


QWEN_05, QWEN_15 = "qwen2.5-coder-0.5b-instruct", "qwen2.5-coder-1.5b-instruct"
SMOL = "smollm2-135m-instruct"
_QWEN: Mapping[str, Any] = {
    "steps": 32,
    "sequence_length": 256,
    "eval_every": 16,
    "eval_dialogues": 24,
    "system_prompt": "你是一位温暖、专注的心理咨询师。先倾听，复述你所听到的，一次只问一个问题。",
}
_SMOL: Mapping[str, Any] = {
    "steps": 60,
    "sequence_length": 256,
    "eval_every": 20,
    "eval_dialogues": 48,
}

_SHORT: Mapping[str, Any] = {**_SMOL, "steps": 40, "sequence_length": 192, "eval_dialogues": 32}
_THREE = ["circuit", "bottleneck", "polynomial"]
_BEST = {"circuit": [0.01, 0.03], "bottleneck": [0.01, 0.03], "polynomial": [0.01, 0.03]}
# Two rates, half a decade apart; the grid grows by one on the side of the better one.
_QTHA_RATES = {name: [0.01, 0.03] for name in ("circuit", "bottleneck", "product", "polynomial")}
_PAPER = 5e-5  # the authors' learning rate


def _hard(options: Mapping[str, Any], data: str = "counsel_chat", **settings: Any) -> Table:
    """One setting in which a circuit might do better than its twin and its polynomial."""
    study = {
        "adapter_options": dict(options),
        "arms": _THREE,
        "rates": _BEST,
        "seeds": [1, 2, 3],
        "settings": {**_SHORT, **settings},
    }
    return Table(SMOL, data, study)


TABLES: Mapping[str, Table] = {
    # The paper's data. First what counts most, then the rest with one seed.
    "qwen05-cpsycoun": Table(
        QWEN_05,
        "cpsycoun",
        {"arms": CORE, "rates": _QTHA_RATES, "settings": _QWEN, "seeds": [1, 2, 3]},
    ),
    "qwen05-cpsycoun-rest": Table(
        QWEN_05,
        "cpsycoun",
        {"arms": ["circuit", *REST], "settings": _QWEN, "seeds": [1]},
    ),
    "qwen05-cpsycoun-origin": Table(
        QWEN_05,
        "cpsycoun",
        {
            "adapter_options": {"init": "origin"},
            "arms": ["circuit", "bottleneck", "lora-8"],
            "settings": _QWEN,
            "seeds": [1],
        },
    ),
    # Their learning rate for every arm, without a sweep: how the published figure can come about.
    "qwen05-cpsycoun-paper": Table(
        QWEN_05,
        "cpsycoun",
        {
            "adapter_options": {"init": "origin"},
            "arms": ["circuit", "no-middle", "lora-8"],
            "rates": {name: [_PAPER] for name in ("circuit", "no-middle", "lora-8")},
            "extensions": 0,
            "settings": _QWEN,
            "seeds": [1, 2, 3],
        },
    ),
    # The billion parameters: learning rates from the table above.
    "qwen15-cpsycoun": Table(
        QWEN_15,
        "cpsycoun",
        {
            "arms": ["circuit", "bottleneck", "lora-8"],
            "rates": {"circuit": [0.01], "bottleneck": [0.01], "lora-8": [0.003]},
            "extensions": 0,
            "settings": {**_QWEN, "steps": 24, "eval_every": 24, "eval_dialogues": 16},
            "seeds": [1],
        },
    ),
    # Strict accuracy before and after: short problems, answers alone, tested on another set.
    "qwen05-arithmetic": Table(
        QWEN_05,
        "gsm8k",
        {
            "arms": ["circuit", "bottleneck", "lora-8"],
            "settings": {
                **_QWEN,
                "sequence_length": 128,
                "eval_dialogues": 48,
                "system_prompt": "Solve the problem. Answer with the number alone.",
            },
            "seeds": [1],
        },
        "arithmetic/AddSub.test.json",
    ),
    # The cheap, sharp version.
    "smol-counsel": Table(
        SMOL, "counsel_chat", {"arms": CORE, "settings": _SMOL, "seeds": [1, 2, 3, 4, 5]}
    ),
    "smol-esconv": Table(
        SMOL, "esconv", {"arms": CORE, "settings": _SMOL, "seeds": [1, 2, 3, 4, 5]}
    ),
    # Is there any setting in which the circuit does better?
    "hard-few": _hard({}, "counsel_chat:32"),
    "hard-depth": _hard({"n_layers": 3}),
    "hard-wide": _hard({"r": 12}),
    "hard-narrow": _hard({"r": 3}),
    "hard-origin": _hard({"init": "origin"}),
    "hard-no-mpo": _hard({"variant": "BC"}),
    "hard-feedforward": _hard({}, targets=["o_proj", "down_proj"]),
    "hard-noise": Table(
        SMOL,
        "counsel_chat:32",
        {
            "adapter": "qgs",
            "adapter_options": {"n_qubits": 12, "shots": 200, "gradient": "spsa"},
            "arms": ["circuit", "bottleneck", "frozen"],
            "settings": {**_SHORT, "backend": "aer"},
            "seeds": [1, 2, 3],
        },
    ),
}
