"""Pairs of replies as token ids: each pair two sequences with one prompt, labels on the replies.

Knows nothing of models or of the training loop.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from finetune.training.dialogues.chat_format import ChatFormat
from finetune.training.dialogues.data import Example, encode
from finetune.training.dialogues.folding import Message, with_system
from finetune.training.dialogues.order import collate
from finetune.training.exceptions import LeftOut


@dataclass
class Pair:
    """Two sequences, of which the first was preferred.

    Attributes:
        chosen: prompt and preferred reply.
        rejected: the same prompt and the other reply.
        reference: sums of the log-probabilities of both replies under the reference, in nats;
            0 until it has been asked.
    """

    chosen: Example
    rejected: Example
    reference: tuple[float, float] = (0.0, 0.0)

    @property
    def length(self) -> int:
        """Tokens of both."""
        return self.chosen.length + self.rejected.length

    @property
    def label_count(self) -> int:
        """Tokens of both replies."""
        return self.chosen.label_count + self.rejected.label_count

    @property
    def truncated(self) -> bool:
        """Whether the end of a reply was cut off."""
        return self.chosen.truncated or self.rejected.truncated


def pair_encoded(
    chat: ChatFormat, record: dict[str, Any], system_prompt: str, sequence_length: int
) -> list[Pair]:
    """Turn a line's record into a pair.

    A reply that ends behind `sequence_length` loses its end.

    Args:
        chat: the base's chat format.
        record: `{"messages": [...], "chosen": {...}, "rejected": {...}}`, checked.
        system_prompt: put before what was said, where that has no system message.
        sequence_length: longest sequence in tokens.

    Raises:
        LeftOut: nothing of it can be learned.
    """
    if not {"chosen", "rejected"} <= set(record):
        why = "not a pair of replies. Let the data set doctor write the file"
        raise LeftOut("unreadable", why)
    said = with_system(record["messages"], system_prompt)
    before = [{**one, "weight": 0} if one["role"] == "assistant" else one for one in said]
    chosen, rejected = (
        _sequence(chat, [*before, record[key]], sequence_length) for key in ("chosen", "rejected")
    )
    if chosen.input_ids == rejected.input_ids:
        raise LeftOut("too_long", "within the longest length its two replies are the same")
    return [Pair(chosen, rejected)]


def _sequence(chat: ChatFormat, messages: Sequence[Message], sequence_length: int) -> Example:
    """The one sequence of a prompt and its reply."""
    return encode(chat, messages, sequence_length=sequence_length)[0]


def collate_pairs(pairs: Sequence[Pair], *, pad: int) -> dict[str, torch.Tensor]:
    """Pad pairs into one batch: all chosen sequences, then all rejected ones.

    Returns:
        `input_ids` and `labels`, int64 of shape (2 * pairs, longest), and `reference`, float32 of
        shape (2 * pairs,), each in that order.
    """
    batch = collate([*(one.chosen for one in pairs), *(one.rejected for one in pairs)], pad=pad)
    known = [one.reference[side] for side in (0, 1) for one in pairs]
    return {**batch, "reference": torch.tensor(known, dtype=torch.float32)}


def in_batches(pairs: Sequence[Pair], size: int) -> Iterator[list[Pair]]:
    """Yield pairs of similar length together, always in the same order."""
    ordered = sorted(pairs, key=lambda pair: pair.length)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def ids_of(pair: Pair) -> bytes:
    """What tells a pair from others: its ids and where their labels begin."""
    numbers = array("q")
    for one in (pair.chosen, pair.rejected):
        numbers.extend([one.length, one.label_count, *one.input_ids])
    return numbers.tobytes()
