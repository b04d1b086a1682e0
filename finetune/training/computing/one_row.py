"""A batch of dialogues in one row: what they begin with together is read once, and no padding.

Dialogues of a data set mostly begin with the same system text. In causal attention a token sees
only what stands before it, so that text gives the same numbers in every dialogue: here it stands
once, the rest of each dialogue behind it, and each dialogue's attention sees it and itself alone.
Positions go on from the shared text. Behind the last label nothing is learned, so nothing of that
is read. The loss is that of the padded batch, up to the order of sums.

Whether a model reads a row like that is asked of the model itself (`reads_one_row`). Knows nothing
of adapters or of the training loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from finetune.training.devices.sharding import gathered
from finetune.training.dialogues.data import IGNORED

NAME = "one_row"
WORTH = 0.1
"""The least share of a padded batch's positions that has to be saved (measured on a CPU)."""
REFUSALS = (TypeError, ValueError, KeyError, AttributeError, RuntimeError)
"""How models answer that do not take positions, or do not pass on what attention is told."""
SHORT = 192
"""The most queries of a dialogue for which attention in bfloat16 is slower than in float32 on a
processor, twice as slow at a hundred; from 256 on it is faster (measured,
docs/studies/experiments.md)."""
_AGREES = {torch.float32: 1e-4, torch.float64: 1e-4}  # of the largest number; 2 % in others
_PROBE = 24


@dataclass(frozen=True)
class OneRow:
    """A batch in one row.

    Attributes:
        ids: (1, positions), int64.
        positions: where each stands in its dialogue, (1, positions), int64.
        goal: the id that each has to predict, or `IGNORED`, (positions,), int64.
        shared: positions at the row's beginning that belong to all dialogues.
        lengths: positions of each dialogue behind them.
        masks: what each dialogue's own positions see of the shared ones and of themselves,
            (length, shared + length), bool.
    """

    ids: Tensor
    positions: Tensor
    goal: Tensor
    shared: int
    lengths: tuple[int, ...]
    masks: tuple[Tensor, ...]

    @classmethod
    def of(cls, input_ids: Tensor, labels: Tensor) -> OneRow | None:
        """Lay a padded batch out, or return None where that saves too little.

        Args:
            input_ids: (batch, length), int64.
            labels: (batch, length), int64; `IGNORED` where there is no label.
        """
        learned = labels[:, 1:] != IGNORED  # (batch, length - 1): position t predicts t + 1
        rows = learned.any(dim=1).nonzero().flatten().tolist()
        if len(rows) < 2:
            return None
        numbers = torch.arange(1, learned.shape[1] + 1)
        ends = (learned * numbers).amax(dim=1).tolist()  # positions that are read of each dialogue
        shared = _shared(input_ids[rows], learned[rows])
        lengths = tuple(ends[row] - shared for row in rows)
        if shared + sum(lengths) > (1 - WORTH) * input_ids.numel():
            return None
        own = [slice(shared, ends[row]) for row in rows]
        first = torch.arange(shared)
        none = torch.full((shared,), IGNORED, dtype=torch.int64)
        parts = list(zip(rows, own, strict=True))
        ids = [input_ids[row, part] for row, part in parts]
        goal = [labels[row, part.start + 1 : part.stop + 1] for row, part in parts]
        positions = [torch.arange(part.start, part.stop) for part in own]
        return cls(
            ids=torch.cat([input_ids[rows[0], :shared], *ids]).unsqueeze(0),
            positions=torch.cat([first, *positions]).unsqueeze(0),
            goal=torch.cat([none, *goal]),
            shared=shared,
            lengths=lengths,
            masks=tuple(torch.ones(n, shared + n, dtype=torch.bool).tril(shared) for n in lengths),
        )

    def hidden(self, causal: Any) -> Tensor:
        """Read the row with a causal language model; (positions, width)."""
        with _attending(causal.config.get_text_config()):
            read = causal.get_decoder()(
                input_ids=self.ids, position_ids=self.positions, use_cache=False, one_row=self
            )
        hidden: Tensor = read.last_hidden_state[0]
        return hidden


def reads_one_row(model: Any, causal: nn.Module) -> bool:
    """Tell whether a model reads a batch in one row as it reads it padded; asked once a run.

    Dropout would fall on the shared positions once instead of once for each dialogue, so a model
    that drops out does not.

    Args:
        model: the model, which may carry an adapter.
        causal: the causal language model in it.
    """
    config: Any = causal.config
    text = config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ["full_attention"])
    if (
        next(causal.parameters()).device.type != "cpu"  # elsewhere nobody has measured it
        or text._attn_implementation != "sdpa"
        or kinds != {"full_attention"}
        or getattr(text, "sliding_window", None) is not None
        or any(map(_drops_out, causal.modules()))
    ):
        return False
    with torch.no_grad():
        return gathered(causal, partial(_agrees, model, causal, text.vocab_size))


def _drops_out(part: nn.Module) -> bool:
    """In a layer of its own, or within attention, as a number that attention is told."""
    own = isinstance(part, nn.Dropout) and part.p
    return bool(own or getattr(part, "attention_dropout", 0.0))


def _agrees(model: Any, causal: Any, words: int) -> bool:
    """Compare both ways on a few tokens, with adapters disabled: circuits may cost money."""
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(0, words, (2, _PROBE), generator=draw)
    ids[1, : _PROBE // 2] = ids[0, : _PROBE // 2]
    labels = ids.clone()
    labels[:, : _PROBE // 2 + 1] = IGNORED
    row = OneRow.of(ids, labels)
    assert row is not None
    bound = _AGREES.get(next(causal.parameters()).dtype, 2e-2)
    with getattr(model, "disable_adapter", nullcontext)():
        padded = causal.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
        try:
            hidden = row.hidden(causal)
        except REFUSALS:
            return False
    expected = torch.cat([padded[0, : _PROBE // 2], *(padded[:, _PROBE // 2 : -1])])
    scale = float(expected.abs().amax())
    return bool((hidden - expected).abs().amax() <= bound * max(scale, 1e-9))


def _shared(ids: Tensor, learned: Tensor) -> int:
    """Positions at the beginning that are the same in all rows and predict no label."""
    same = (ids == ids[0]).all(dim=0)[:-1] & ~learned.any(dim=0)  # (length - 1,)
    return int(same.long().cumprod(dim=0).sum())


@contextmanager
def _attending(config: Any) -> Iterator[None]:
    before = config._attn_implementation
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    one_row: OneRow,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Let each dialogue see the shared positions and its own; (1, heads, positions, width) each."""

    casts = torch.is_autocast_enabled("cpu")

    def seen(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        exact = casts and q.shape[2] <= SHORT
        if exact:
            q, k, v = q.float(), k.float(), v.float()
        with torch.autocast("cpu", enabled=casts and not exact):
            causal = mask is None
            done = sdpa_attention_forward(
                module, q, k, v, mask, dropout, scaling, is_causal=causal
            )[0]
        return done.to(value.dtype)

    sizes = [one_row.shared, *one_row.lengths]
    queries, keys, values = (torch.split(part, sizes, dim=2) for part in (query, key, value))
    parts = [seen(queries[0], keys[0], values[0], None)] if one_row.shared else []
    for q, k, v, mask in zip(queries[1:], keys[1:], values[1:], one_row.masks, strict=True):
        if one_row.shared:
            k, v = torch.cat((keys[0], k), dim=2), torch.cat((values[0], v), dim=2)
            parts.append(seen(q, k, v, mask[None, None]))
        else:
            parts.append(seen(q, k, v, None))
    return torch.cat(parts, dim=1), None  # (1, positions, heads, width)


def _no_mask(*_: Any, **__: Any) -> None:
    """Each dialogue's own mask is in the row."""


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, _no_mask)
