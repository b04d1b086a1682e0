"""The merged model: the adapter folded into the base's weights, as plain transformers loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.lock.golden import Lock, LockBroken
from finetune.training.lock.replay import replay
from finetune.training.log.sentences import joined, sentence
from quantum.exceptions import MergeNotPossibleError

from .exceptions import ExportFailed


def merge(model: Any, tokenizer: Any, target: Path) -> None:
    """Fold the adapter into the weights and save them. The model cannot be used after that.

    Raises:
        ExportFailed: this adapter does not merge, or the weights would not be finite.
    """
    try:
        merged = model.merge_and_unload(safe_merge=True)
    except (MergeNotPossibleError, ValueError, NotImplementedError) as error:
        raise ExportFailed(
            sentence("This adapter does not merge into the base: %(words)s", words=str(error))
        ) from error
    merged.save_pretrained(str(target), safe_serialization=True)
    tokenizer.save_pretrained(str(target))


def hold(folder: Path, lock: Lock) -> tuple[str, int]:
    """Load a merged model again and replay the golden prompts.

    Returns:
        Its number format, and how many tokens were held to.

    Raises:
        LockBroken: it parts from the trained model.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype="auto", use_safetensors=True, trust_remote_code=False
    )
    lock.hold_template(tokenizer.chat_template or "")
    try:
        held = replay(model.eval(), ChatFormat.of(model, tokenizer), lock)
    except LockBroken as broken:
        raise LockBroken(joined(sentence("merged into the base,"), broken.words)) from broken
    return str(model.dtype).removeprefix("torch."), held
