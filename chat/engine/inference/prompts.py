"""Prompts on their way into keys and values, several of one assistant in one forward pass.

On two cores a pass over a few tokens costs as much as one over a dozen, since the weights are what
takes time. Prompts of talks that go on have few new tokens, so they are packed: one row that holds
the new tokens of all of them, and a mask that lets each see its own past only. No padding, and any
model that takes a mask of its own can do it. Knows nothing of queues.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from chat.engine.inference.assistants import Assistant
from chat.engine.inference.batches import forward
from chat.engine.inference.cache import SHORTEST_PREFIX, KeysValues, common, keys_values


class Prompt:
    """A prompt that is being read: its tokens, how many are read, and what they left behind."""

    def __init__(self, assistant: Assistant, ids: list[int], owner: Any) -> None:
        self.assistant = assistant
        self.ids = ids
        self.owner = owner
        self.cache = DynamicCache(config=assistant.base.model.config)
        self.done = self.cached = 0

    def look_up(self) -> None:
        """Take what an earlier prompt has left behind; before the first token is read."""
        known = self.assistant.prefixes.longest(self.ids)
        if self.done or known is None:
            return
        self.done = self.cached = known[0][0].shape[2]
        for index, (keys, values) in enumerate(known):
            self.cache.update(keys, values, index)

    def waits_for(self, other: Prompt) -> bool:
        """Whether it would read again what the other one is about to read, a system text mostly."""
        shared = common(self.ids, other.ids)
        return not self.done and shared - max(self.done, other.done) >= SHORTEST_PREFIX

    def leave_behind(self) -> None:
        """Let later prompts begin where this one is."""
        if self.assistant.base.batchable:
            self.assistant.prefixes.put(self.ids[: self.done], keys_values(self.cache))

    @property
    def left(self) -> int:
        return len(self.ids) - self.done

    @property
    def past(self) -> KeysValues | None:
        """Keys and values so far; None before the first token."""
        return keys_values(self.cache) if self.done else None


def read(parts: Sequence[tuple[Prompt, int]]) -> torch.Tensor:
    """Read so many next tokens of each prompt; logits (prompts, vocabulary) after the last of each.

    All prompts are of one assistant; more than one only where its base is `batchable`.
    """
    assistant = parts[0][0].assistant
    if len(parts) == 1:
        prompt, count = parts[0]
        ids = prompt.ids[prompt.done : prompt.done + count]
        logits = forward(assistant, torch.tensor([ids], device=assistant.base.device), prompt.cache)
        prompt.done += count
        return logits
    return read_packed(assistant, parts)


def read_packed(assistant: Assistant, parts: Sequence[tuple[Prompt, int]]) -> torch.Tensor:
    base = assistant.base
    news = [count for _, count in parts]
    pasts = [prompt.done for prompt, _ in parts]
    cache = packed(parts)
    ids = [token for prompt, count in parts for token in prompt.ids[prompt.done :][:count]]
    places = [at for prompt, count in parts for at in range(prompt.done, prompt.done + count)]
    ends = torch.tensor(news).cumsum(0) - 1
    output = assistant.model(
        input_ids=torch.tensor([ids], device=base.device),
        position_ids=torch.tensor([places], device=base.device),
        attention_mask=own_past_only(pasts, news, base.dtype).to(base.device),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=ends.to(base.device),
    )
    unpack(cache, parts)
    logits: torch.Tensor = output.logits[0].float().cpu()
    return logits


def packed(parts: Sequence[tuple[Prompt, int]]) -> DynamicCache:
    """The pasts of all prompts behind each other."""
    cache = DynamicCache(config=parts[0][0].assistant.base.model.config)
    pasts = [past for prompt, _ in parts if (past := prompt.past) is not None]
    for index, layers in enumerate(zip(*pasts, strict=True)):
        keys = torch.cat([layer[0] for layer in layers], dim=2)
        values = torch.cat([layer[1] for layer in layers], dim=2)
        cache.update(keys, values, index)
    return cache


def unpack(cache: DynamicCache, parts: Sequence[tuple[Prompt, int]]) -> None:
    """Give each prompt the keys and values of its own tokens."""
    layers = keys_values(cache)
    new_at = sum(prompt.done for prompt, _ in parts)
    past_at = 0
    for prompt, count in parts:
        past, new = slice(past_at, past_at + prompt.done), slice(new_at, new_at + count)
        own = DynamicCache(config=prompt.assistant.base.model.config)
        for index, pair in enumerate(layers):
            keys, values = (torch.cat([t[:, :, past], t[:, :, new]], dim=2) for t in pair)
            own.update(keys, values, index)
        past_at, new_at = past.stop, new.stop
        prompt.cache = own
        prompt.done += count


def own_past_only(pasts: Sequence[int], news: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    """Additive mask (1, 1, new, past + new) of packed prompts: own past, and new up to oneself."""
    owner = torch.arange(len(news))
    rows = owner.repeat_interleave(torch.tensor(news))
    columns = torch.cat([owner.repeat_interleave(torch.tensor(pasts)), rows])
    new = len(rows)
    seen = rows[:, None] == columns[None]
    seen[:, sum(pasts) :] &= torch.ones(new, new, dtype=torch.bool).tril()
    mask = torch.zeros(seen.shape, dtype=dtype)
    mask.masked_fill_(~seen, torch.finfo(dtype).min)
    return mask[None, None]
