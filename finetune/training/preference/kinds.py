"""What each kind of run reads and which trainer learns from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finetune.training.config import RunConfig
from finetune.training.dialogues.data import Loaded, load
from finetune.training.loop.trainer import DialogueTrainer

from .pairs import pair_encoded
from .settings import PREFERENCE
from .trainer import PreferenceTrainer


def trainer_class(config: RunConfig) -> type[DialogueTrainer]:
    """Return the trainer of a run's kind."""
    return PreferenceTrainer if config.kind == PREFERENCE else DialogueTrainer


def data_loaded(
    folder: Path, config: RunConfig, name: str, tokenizer: Any, limit: int, seed: int | None
) -> Loaded:
    """Read a run's dialogues or pairs.

    Args:
        folder: what a relative path starts from.
        config: the run's settings.
        name: the file.
        tokenizer: fast tokenizer with a chat template.
        limit: examples that are enough.
        seed: which ones, as `load` says.

    Raises:
        BadData: the file cannot be read, or nothing in it can be learned.
    """
    return load(
        folder / name,  # an absolute name stays as it is
        tokenizer,
        system_prompt=config.system_prompt,
        sequence_length=config.sequence_length,
        limit=limit,
        seed=seed,
        encoded_as=pair_encoded if config.kind == PREFERENCE else None,
    )
