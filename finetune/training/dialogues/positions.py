"""How many tokens a base model reads at once, and the settings that go beyond it.

One rule for the site's form, the command line and the trainer. Knows nothing of torch: where only a
config file is at hand, that file is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from finetune.training.exceptions import BadConfig
from finetune.training.problems import Problem

# What configs call it; transformers' own objects answer to the first one.
NAMES = ("max_position_embeddings", "n_positions")


def positions_problem(base: str, positions: int, sequence_length: int) -> str:
    """Return why dialogues of that length do not fit into a base model, or an empty text.

    Args:
        base: what people call the base model.
        positions: tokens that it reads at once; 0 if there is no limit or it is not known.
        sequence_length: longest dialogue in tokens.
    """
    if not positions or sequence_length <= positions:
        return ""
    return (
        f"{base} reads at most {positions} tokens at once, not {sequence_length}: set it to "
        f"{positions} or fewer"
    )


def positions_of(config: Any) -> int:
    """Return the positions of a model by its config (transformers' object); 0 for no limit."""
    return int(getattr(config.get_text_config(), NAMES[0], 0) or 0)


def positions_in(folder: Path) -> int:
    """Return the positions of the model in a folder by its config file; 0 if that does not say.

    A model that is not there yet, or is a name on a hub, is looked at by the trainer.
    """
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return 0
    parts = [values, values.get("text_config")] if isinstance(values, dict) else []
    found = [part.get(name) for part in parts if isinstance(part, dict) for name in NAMES]
    return next((number for number in found if type(number) is int and number > 0), 0)


def check_positions(base_model: str, sequence_length: int) -> None:
    """Refuse a length beyond the base's positions before its weights are loaded.

    Raises:
        BadConfig: with both numbers. A base that cannot be read is for its loader to explain.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(base_model, trust_remote_code=False)
    except (OSError, ValueError):
        return
    problem = positions_problem(base_model, positions_of(config), sequence_length)
    if problem:
        raise BadConfig(Problem("sequence_length", problem))
