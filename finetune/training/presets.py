"""Starting points for a run's settings. Knows nothing of torch or Django.

`docs/studies/experiments.md` tells how they were tuned; `quick` is measured on the demo set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A named set of settings with words for the form.

    Attributes:
        name: key in `PRESETS`.
        label: what the form shows.
        help: one sentence about when to take it.
        values: settings that differ from `RunConfig`'s defaults.
        epochs: if not 0, steps follow from the number of dialogues.
    """

    name: str
    label: str
    help: str
    values: Mapping[str, Any] = field(default_factory=dict)
    epochs: float = 0.0


_ALL = (
    Preset(
        "quick",
        "Quick",
        "About five minutes on two CPU cores with short dialogues: the whole way to an assistant.",
        {
            "adapter": "qtha",
            "adapter_options": {"r": 8, "n_layers": 1},
            "learning_rate": 1e-2,
            "steps": 64,
            "batch_size": 4,
            "sequence_length": 256,
            "eval_every": 32,
            "eval_dialogues": 16,
            "save_every": 8,
        },
    ),
    Preset(
        "balanced",
        "Balanced",
        "Longer dialogues and more steps: an hour or so on two CPU cores.",
        {
            "adapter": "qtha",
            "adapter_options": {"r": 8, "n_layers": 2},
            "learning_rate": 6e-3,
            "steps": 150,
            "batch_size": 4,
            "gradient_accumulation": 2,
            "sequence_length": 512,
            "eval_every": 50,
            "eval_dialogues": 48,
            "save_every": 25,
        },
    ),
    Preset(
        "preference",
        "Preferences",
        "For pairs of replies of which one was preferred: a twentieth of the usual rate.",
        {
            "kind": "preference",
            "adapter": "qtha",
            "adapter_options": {"r": 8, "n_layers": 1},
            "learning_rate": 5e-4,
            "steps": 60,
            "batch_size": 4,
            "sequence_length": 384,
            "eval_every": 20,
            "eval_dialogues": 32,
            "save_every": 10,
        },
    ),
    Preset(
        "paper",
        "Paper's setting",
        "The authors' settings (arXiv 2503.12790): small steps, three passes. Slow on a CPU.",
        {
            "adapter": "qtha",
            "adapter_options": {"r": 8, "n_layers": 1, "alpha": 16},
            "targets": ["q_proj", "v_proj"],
            "learning_rate": 5e-5,
            "scheduler": "cosine",
            "warmup_ratio": 0.1,
            "batch_size": 4,
            "gradient_accumulation": 8,
            "sequence_length": 1024,
            "eval_every": 50,
            "eval_dialogues": 100,
            "save_every": 25,
        },
        epochs=3.0,
    ),
)
PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}


def preset_values(name: str, dialogues: int) -> dict[str, Any]:
    """Return a preset's settings for a training set of `dialogues` dialogues.

    Raises:
        KeyError: an unknown preset; the message lists the known ones.
    """
    if name not in PRESETS:
        raise KeyError(f"unknown preset {name!r}; known: {', '.join(PRESETS)}")
    preset = PRESETS[name]
    values = dict(preset.values)
    if preset.epochs:
        per_step = values["batch_size"] * values["gradient_accumulation"]
        values["steps"] = max(1, math.ceil(preset.epochs * dialogues / per_step))
    return values
