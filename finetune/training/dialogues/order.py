"""The order of a run's examples, fixed by a seed, and examples padded into batches.

Knows nothing of files, models or the training loop.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from .data import IGNORED, Example, permutation


class RunOrder(Dataset[Any]):
    """The examples of a whole run, one after the other: item i is the i-th one trained on.

    Each pass over the data is shuffled by (seed, pass) alone, and batches of similar length
    are put together to save padding. Since the order is fixed from the start, resuming at
    step s is starting at item s x batch, and every batch is full.

    Args:
        examples: the encoded dialogues, or whatever else has a `length` in tokens.
        count: items in the run: steps x batch size x accumulation.
        batch_size: dialogues that are padded together.
        seed: fixes the order.
    """

    def __init__(self, examples: Sequence[Any], *, count: int, batch_size: int, seed: int) -> None:
        self._examples = examples
        order: list[int] = []
        left: list[int] = []  # too few for a full batch: they lead the next pass
        window = batch_size * 16
        turn = 0
        while len(order) < count:
            pool = left + permutation(len(examples), seed, turn)
            usable = len(pool) - len(pool) % batch_size
            pool, left = pool[:usable], pool[usable:]
            for start in range(0, usable, window):
                group = pool[start : start + window]
                group.sort(key=lambda index: examples[index].length)
                batches = [group[at : at + batch_size] for at in range(0, len(group), batch_size)]
                random.Random(f"{seed}/{turn}/{start}").shuffle(batches)
                for batch in batches:
                    order.extend(batch)
            turn += 1
        self.order = array("l", order[:count])

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: int) -> Any:
        return self._examples[self.order[index]]

    def used(self) -> list[Any]:
        """The examples that are trained on, each once, in the order of the file."""
        return [self._examples[index] for index in sorted(set(self.order))]


def collate(examples: Sequence[Example], *, pad: int) -> dict[str, torch.Tensor]:
    """Pad examples on the right into one batch.

    There is no attention mask: with causal attention a token never sees the padding behind
    it, and the padding has no labels, so the result is the same and attention stays fast.

    Returns:
        `input_ids` and `labels`, both int64 of shape (batch, longest).
    """
    longest = max(len(example.input_ids) for example in examples)
    input_ids = torch.full((len(examples), longest), pad, dtype=torch.int64)
    labels = torch.full((len(examples), longest), IGNORED, dtype=torch.int64)
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        input_ids[row, :size] = torch.tensor(example.input_ids, dtype=torch.int64)
        labels[row, :size] = torch.tensor(example.labels, dtype=torch.int64)
    return {"input_ids": input_ids, "labels": labels}
