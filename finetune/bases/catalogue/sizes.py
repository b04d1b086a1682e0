"""Numbers of a language model by its config, and the memory that follows from them.

The formulas stand here once; page and docs repeat their words. They are for computing without a
GPU: one process, weights in memory once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CHAT_TOKENS = 4096  # of one talk that is being answered
TRAIN_DIALOGUES, TRAIN_TOKENS = 4, 384  # of one step, as the form begins
PROCESS = 600_000_000  # Python, torch, transformers and the tokenizer, measured
FLOAT32 = 4


@dataclass(frozen=True)
class Sizes:
    """What memory depends on.

    Attributes:
        parameters: numbers in the model, tied ones counted once.
        layers: transformer blocks.
        hidden: width.
        intermediate: width inside the feed-forward part.
        query: width of the queries, heads times their width.
        keys: width of the keys, and of the values.
        vocabulary: size of the output layer.
    """

    parameters: int
    layers: int
    hidden: int
    intermediate: int
    query: int
    keys: int
    vocabulary: int

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def read(cls, values: dict[str, Any]) -> Sizes | None:
        """What `to_dict` made; None for a base that was inspected before sizes were kept."""
        names = cls.__dataclass_fields__
        return (
            cls(**{name: int(values[name]) for name in names})
            if set(names) <= set(values)
            else None
        )

    def chat_bytes(self, number: int = FLOAT32) -> int:
        """Weights, and the keys and values of one talk, with `number` bytes for each number."""
        cache = 2 * self.layers * self.keys * CHAT_TOKENS
        return (self.parameters + cache) * number + PROCESS

    def train_bytes(self) -> int:
        """Weights in float32, and what a step keeps for going back through a frozen model.

        For each token and layer: six times the width (both norms, their inputs, the sums), four
        times the queries' (queries, repeated keys and values, attention's result), three times the
        feed-forward part's; and at the end four times the vocabulary (scores, their logarithms,
        two gradients).
        """
        of_layer = 6 * self.hidden + 4 * self.query + 3 * self.intermediate
        kept = self.layers * of_layer + 4 * self.vocabulary
        tokens = TRAIN_DIALOGUES * TRAIN_TOKENS
        return (self.parameters + kept * tokens) * FLOAT32 + PROCESS


@dataclass(frozen=True)
class Shape:
    """A decoder of the Llama kind, as its config describes it.

    Attributes:
        layers: transformer blocks.
        hidden: width.
        intermediate: width inside the feed-forward part.
        heads: heads of the queries.
        key_heads: heads of keys and values.
        head: width of a head.
        vocabulary: size of the embedding.
        tied: whether the output layer is the embedding.
        bias: whether queries, keys and values have one.
        head_norms: whether each head's queries and keys are normed.
        norms: norms of a layer.
    """

    layers: int
    hidden: int
    intermediate: int
    heads: int
    key_heads: int
    head: int
    vocabulary: int
    tied: bool = True
    bias: bool = False
    head_norms: bool = False
    norms: int = 2

    @property
    def sizes(self) -> Sizes:
        query, keys = self.heads * self.head, self.key_heads * self.head
        attention = 2 * self.hidden * (query + keys)
        attention += (query + 2 * keys) * self.bias + 2 * self.head * self.head_norms
        feed_forward = 3 * self.hidden * self.intermediate
        layer = attention + feed_forward + self.norms * self.hidden
        embedding = self.vocabulary * self.hidden
        return Sizes(
            parameters=self.layers * layer + embedding * (1 if self.tied else 2) + self.hidden,
            layers=self.layers,
            hidden=self.hidden,
            intermediate=self.intermediate,
            query=query,
            keys=keys,
            vocabulary=self.vocabulary,
        )
