"""Chooses the next token from logits with transformers' own processors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from chat.engine.exceptions import GenerationFailed
from chat.engine.protocol import seed_of

COLDEST = 1e-5  # below it the best token is all that is left, and a division would overflow


@dataclass(frozen=True)
class Sampling:
    """How to choose; temperature 0 is greedy."""

    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    seed: int | None


class Sampler:
    """The sampling state of one reply: its processors and its random numbers.

    The repetition penalty looks at the reply only. Counting the prompt in, as `generate` does by
    default, would punish the end-of-turn token, which stands in every chat prompt, and the words
    of the person who asks.
    """

    def __init__(self, sampling: Sampling, index: int = 0) -> None:
        self.greedy = sampling.temperature < COLDEST
        self.top_k = sampling.top_k
        self.penalty = (
            RepetitionPenaltyLogitsProcessor(float(sampling.repetition_penalty))
            if sampling.repetition_penalty != 1
            else None
        )
        self.warpers = LogitsProcessorList()
        if not self.greedy and sampling.temperature != 1:
            self.warpers.append(TemperatureLogitsWarper(float(sampling.temperature)))
        if not self.greedy and sampling.top_p < 1:
            self.warpers.append(TopPLogitsWarper(float(sampling.top_p)))
        self.generator = torch.Generator()
        seed = seed_of(sampling.seed, index)
        if seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(seed)

    def choose(self, logits: torch.Tensor, reply: Sequence[int]) -> int:
        """Picks a token for `logits` (vocabulary,), float32 on the CPU, after `reply`."""
        scores = logits[None]  # (1, vocabulary)
        if not math.isfinite(float(scores.max())):  # a maximum carries NaN along
            raise GenerationFailed(
                "The model's output is not a number; its weights may be damaged."
            )
        ids = torch.tensor([list(reply)], dtype=torch.long)
        if self.penalty is not None and reply:
            scores = self.penalty(ids, scores)
        if self.greedy:
            return int(scores.argmax(-1))
        candidates = None
        if 0 < self.top_k < scores.shape[-1]:
            # Same outcome as TopKLogitsWarper before top_p, but top_p then sorts k numbers, not
            # the vocabulary: 0.1 ms instead of 5 ms a token.
            scores, candidates = scores.topk(self.top_k, dim=-1)
        scores = self.warpers(ids, scores)  # type: ignore[arg-type]
        choice = torch.multinomial(scores.softmax(-1), 1, generator=self.generator)
        return int(choice if candidates is None else candidates.gather(-1, choice))
