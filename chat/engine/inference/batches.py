"""Replies of one assistant that are decoded together; knows nothing about queues or HTTP."""

from copy import deepcopy
from typing import Any

import torch
from transformers import DynamicCache

from chat.engine.inference.assistants import Assistant
from chat.engine.inference.cache import SlotCache, keys_values
from chat.engine.inference.decoding import TextDecoder
from chat.engine.inference.sampling import Sampler, Sampling


def forward(assistant: Assistant, ids: torch.Tensor, cache: Any, **extra: Any) -> torch.Tensor:
    """Logits after the last column of `ids` (rows, columns): (rows, vocabulary), float32, CPU."""
    output = assistant.model(
        input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1, **extra
    )
    logits: torch.Tensor = output.logits[:, -1]
    return logits.float().cpu()


class Choice:
    """One reply in progress."""

    def __init__(
        self,
        assistant: Assistant,
        prompt: list[int],
        sampling: Sampling,
        stop: tuple[str, ...],
        index: int,
        owner: Any,
    ) -> None:
        self.index = index
        self.owner = owner
        self.prompt = prompt
        self.reply: list[int] = []
        self.ends = assistant.format.end_ids
        self.sampler = Sampler(sampling, index)
        ends = (assistant.format.end_text,) if assistant.format.end_text else ()
        self.decoder = TextDecoder(assistant.text, (*stop, *ends))

    def advance(self, logits: torch.Tensor, max_tokens: int) -> tuple[str, str | None]:
        """Chooses a token; returns the text it sets free and, at the end, the reason."""
        token = self.sampler.choose(logits, self.reply)
        self.reply.append(token)
        if token in self.ends:
            return self.decoder.flush(), "stop"
        text = self.decoder.push(token)
        if self.decoder.stopped:
            return text, "stop"
        if len(self.reply) >= max_tokens:
            return text + self.decoder.flush(), "length"
        return text, None


class Batch:
    """Keys, values and replies that take each step together."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.choices: list[Choice] = []
        self._slots: SlotCache | None = None
        self._own: DynamicCache | None = None  # for architectures that do not batch: one row

    def add(self, choice: Choice, cache: DynamicCache, *, copy: bool) -> None:
        if not self.assistant.base.batchable:
            self._own = deepcopy(cache) if copy else cache
        else:
            if self._slots is None:
                self._slots = SlotCache(len(cache.layers))
            self._slots.add(keys_values(cache))
        self.choices.append(choice)

    def step(self) -> torch.Tensor:
        """Feeds every reply's last token; returns logits (replies, vocabulary)."""
        base = self.assistant.base
        ids = torch.tensor([[choice.reply[-1]] for choice in self.choices], device=base.device)
        if self._slots is None:
            return forward(self.assistant, ids, self._own)
        positions, mask = self._slots.prepare(base.dtype)
        logits = forward(
            self.assistant, ids, self._slots, position_ids=positions, attention_mask=mask
        )
        self._slots.advance()
        return logits

    def remove(self, choice: Choice, *, keep: bool = True) -> None:
        """Frees a reply's row; `keep` stores its keys and values for the next turn."""
        row = self.choices.index(choice)
        if self._slots is None:
            self.choices.pop(row)
            return
        if keep:
            known = (choice.prompt + choice.reply)[: self._slots.lengths[row]]
            self.assistant.prefixes.put(known, self._slots.row(row))
        self._slots.remove(row)
        last = self.choices.pop()
        if last is not choice:
            self.choices[row] = last
