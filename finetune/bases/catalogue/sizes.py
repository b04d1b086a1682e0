"""Numbers of a language model by its config, and the memory that follows from them.

The formulas stand here once; page and docs repeat their words. They are for computing without a
GPU: one process, weights in memory once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CHAT_TOKENS = 4096  # of one talk that is being answered
TRAIN_DIALOGUES, TRAIN_TOKENS = 4, 384  # of one step, as the form begins
TRAIN_LABELS = 900  # of their tokens; the rest is read and not learned
PROCESS = 600_000_000  # the engine's: Python, torch, transformers, tokenizer, judges, measured
TRAINER = 470_000_000  # the trainer's, measured
LOGITS = 2**23  # that the trainer holds at once (`finetune.training.loop.head`)
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

    def train_bytes(
        self,
        positions: int = TRAIN_DIALOGUES * TRAIN_TOKENS,
        labels: int = TRAIN_LABELS,
        *,
        wider: int = 0,
        trained: int = 0,
    ) -> int:
        """Weights in float32, and what a step keeps for going back through a frozen model.

        For each position and layer: six times the width (both norms, their inputs, the sums), four
        times the queries' (queries, repeated keys and values, attention's result), three times the
        feed-forward part's, and what adapted layers read and write. At the end some rows of logits
        at a time, and for each label its input and its gradient. A trained number has a gradient
        and two more of the optimizer's.

        Args:
            positions: that the model reads at once: of a batch in one row, or padded.
            labels: of those, how many are learned.
            wider: width of what adapted layers read and write that the model itself would not
                keep, of all layers together.
            trained: numbers that learn.
        """
        of_layer = 6 * self.hidden + 4 * self.query + 3 * self.intermediate
        kept = positions * (self.layers * of_layer + wider)
        rows = min(labels, max(1, LOGITS // self.vocabulary))
        head = rows * self.vocabulary + 2 * labels * self.hidden
        return (self.parameters + kept + head + 4 * trained) * FLOAT32 + TRAINER

    @property
    def multiplied(self) -> int:
        """Numbers of the layers' matrices, each of which multiplies every position once."""
        attention = 2 * self.hidden * (self.query + self.keys)
        return self.layers * (attention + 3 * self.hidden * self.intermediate)

    @classmethod
    def of_shapes(cls, shapes: Mapping[str, tuple[int, int]], parameters: int) -> Sizes | None:
        """From the linear layers alone, of a base that was inspected before sizes were kept."""
        first: dict[str, tuple[int, int]] = {}
        for name, shape in shapes.items():
            first.setdefault(name.rpartition(".")[2], shape)
        if not {"q_proj", "k_proj", "gate_proj"} <= set(first):
            return None
        query, hidden = first["q_proj"]
        linear = sum(out * wide for out, wide in shapes.values())
        layers = sum(name.endswith("q_proj") for name in shapes)
        norms = 2 * layers + 1
        return cls(
            parameters=parameters,
            layers=layers,
            hidden=hidden,
            intermediate=first["gate_proj"][0],
            query=query,
            keys=first["k_proj"][0],
            vocabulary=max(1, (parameters - linear) // hidden - norms),
        )


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
