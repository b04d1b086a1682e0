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
        study: fields of `StudySettings`; settings are added to `COMMON`.
    """

    base: str
    data: str
    study: Mapping[str, Any] = field(default_factory=dict)

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

TABLES: Mapping[str, Table] = {
    "qwen05-cpsycoun": Table(
        QWEN_05, "cpsycoun", {"arms": CORE, "settings": _QWEN, "seeds": [1, 2, 3]}
    ),
    "smol-counsel": Table(
        SMOL, "counsel_chat", {"arms": CORE, "settings": _SMOL, "seeds": [1, 2, 3, 4, 5]}
    ),
    "smol-esconv": Table(
        SMOL, "esconv", {"arms": CORE, "settings": _SMOL, "seeds": [1, 2, 3, 4, 5]}
    ),
}
