"""Replies to the sample prompts of a run, as long as the base model's positions leave room.

Knows nothing of the training loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from finetune.training.config import RunConfig
from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.positions import positions_of
from finetune.training.log.events import EventLog
from finetune.training.model import prompt_messages, reply


@dataclass(frozen=True)
class Sample:
    """One reply.

    Attributes:
        text: what the model wrote; empty if the prompt leaves no room.
        note: why it is shorter than the setting asks for, or an empty text.
    """

    text: str
    note: str


def tell_samples(
    model: Any,
    tokenizer: Any,
    config: RunConfig,
    log: EventLog,
    step: int,
    *,
    between: Callable[[], None],
) -> None:
    """Answer the run's sample prompts and write into its log what is not there yet.

    Args:
        model: base with adapter, in evaluation mode.
        tokenizer: the base's tokenizer.
        config: the run's settings.
        log: its log.
        step: the step after which they are answered.
        between: called before each reply; may raise to leave.
    """
    for index, prompt in enumerate(config.sample_prompts if config.sample_tokens else ()):
        if not log.has("sample", step, index):
            between()
            answer = sample(model, tokenizer, config, prompt)
            data = {"step": step, "index": index, "prompt": prompt, "reply": answer.text}
            what = f"sample reply after step {step}" + (answer.note and f" ({answer.note})")
            log.emit("sample", what, data, level="warn" if answer.note else "info")


def sample(model: Any, tokenizer: Any, config: RunConfig, prompt: str) -> Sample:
    """Answer one prompt greedily. Takes no random numbers."""
    messages = prompt_messages(prompt, config.system_prompt)
    room, note = config.sample_tokens, ""
    if positions := positions_of(model.config):
        taken = len(ChatFormat.of(model, tokenizer).prompt_ids(messages))
        room = max(0, min(room, positions - taken))
        if room < config.sample_tokens:
            note = (
                f"at most {room} tokens and not {config.sample_tokens}, since system prompt and "
                f"message take {taken} of the base model's {positions} positions"
            )
    return Sample(reply(model, tokenizer, messages, tokens=room) if room else "", note)
