"""Greedy replies to many prompts at once. Knows nothing of files or of what replies are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from finetune.training.dialogues.chat_format import ChatFormat


@dataclass(frozen=True)
class Reply:
    """A reply.

    Attributes:
        text: without what ends it.
        tokens: that the model said, its end included.
        ended: whether it came to its end, or was cut at the longest length.
    """

    text: str
    tokens: int
    ended: bool


def replies_to(
    model: Any,
    chat: ChatFormat,
    prompts: Sequence[Sequence[int]],
    *,
    longest: int,
    batch_size: int,
    pad: int,
    told: Callable[[float], None] = lambda share: None,
) -> list[Reply]:
    """Answer prompts greedily, those of similar length together. Takes no random numbers.

    What a base's generation settings say of repetitions is left aside. Prompts are padded on their
    left and the padding is masked, so that a reply is the one that its prompt gets alone.

    Args:
        model: in evaluation mode.
        chat: its chat format.
        prompts: ids of each prompt.
        longest: most tokens of a reply.
        batch_size: prompts that are answered together.
        pad: the id that fills them up.
        told: called before each batch with the share that is done; may raise to leave.

    Returns:
        One reply for each prompt, in their order.
    """
    order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))
    replies: dict[int, Reply] = {}
    for start in range(0, len(order), batch_size):
        told(start / len(order))
        numbers = order[start : start + batch_size]
        batch = [list(prompts[number]) for number in numbers]
        width = max(map(len, batch))
        ids = torch.tensor([[pad] * (width - len(one)) + one for one in batch])
        mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in batch])
        device = next(model.parameters()).device
        with torch.no_grad():
            output = model.generate(
                input_ids=ids.to(device),  # (batch, width)
                attention_mask=mask.to(device),
                max_new_tokens=longest,
                do_sample=False,
                use_cache=True,
                repetition_penalty=1.0,
                eos_token_id=sorted(chat.end_ids) or None,
                pad_token_id=pad,
            )
        for number, row in zip(numbers, output[:, width:].tolist(), strict=True):
            replies[number] = _reply(chat, row)
    return [replies[number] for number in range(len(prompts))]


def _reply(chat: ChatFormat, ids: list[int]) -> Reply:
    end = next((at for at, token in enumerate(ids) if token in chat.end_ids), None)
    said = ids if end is None else ids[: end + 1]
    return Reply(chat.reply(ids), len(said), end is not None)
