"""Trains the encoder's upper layers together with both heads, in both languages at once.

Whole matrices are trained: low-rank changes alone had not learnt their own sentences after three
passes. What is kept of them is low-rank all the same (`changes_save`), and small. Deterministic on
one machine: seeds, order and added noise follow from SEED.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import binary_cross_entropy_with_logits

from chat.engine.judging.encoder import mean, model_load, padded, tokenizer_load
from chat.safety.fitting.noise import noisy
from chat.safety.fitting.samples import CLASSES, Sample
from chat.safety.heads.head import KINDS, PREFIX, Kind, heads_read

SEED = 9
BATCH = 32
LAYERS = range(6, 12)  # the lower ones stay: they know words already
RATES = (1e-4, 1e-3)  # of the matrices, of the heads; at 3e-4 it learns less
WARM = 0.06  # share of the steps
LOOKED_AT = 512  # texts that say where the vectors lie before training
SURE = 0.98  # a label is believed so much
NAMES = 0.3  # what a class counts beside the pooled one
STRETCH = BATCH * 64  # texts among which those of like length share a batch


@dataclass(frozen=True)
class Weights:
    """One head's numbers: (classes, hidden) and (classes,)."""

    weight: np.ndarray
    bias: np.ndarray


class Network(torch.nn.Module):
    """The encoder, the mean over a text's tokens, a linear head for each kind."""

    def __init__(self, folder: Path, changes: Path | None = None) -> None:
        super().__init__()
        encoder = model_load(folder, changes)
        encoder.requires_grad_(False)
        self.matrices = [
            parameter
            for layer in LAYERS
            for parameter in encoder.encoder.layer[layer].parameters()
            if parameter.ndim == 2
        ]
        for parameter in self.matrices:
            parameter.requires_grad_(True)
        self.encoder = encoder
        self.heads = torch.nn.ModuleDict(
            {
                kind: torch.nn.Linear(encoder.config.hidden_size, len(CLASSES[kind]))
                for kind in KINDS
            }
        )
        for head in self.heads.values():
            for parameter in head.parameters():
                torch.nn.init.zeros_(parameter)
        # The encoder's vectors lie close together in one corner: seen from there they differ.
        self.middle = torch.zeros(encoder.config.hidden_size)
        self.spread = torch.ones(encoder.config.hidden_size)

    def look(self, means: torch.Tensor) -> None:
        """Take the middle and the spread of these vectors, (texts, hidden), as the head's own."""
        self.middle, self.spread = means.mean(0), means.std(0)

    def heads_take(self, folder: Path) -> None:
        """Go on from the heads of an earlier run, as seen from middle and spread."""
        for kind in KINDS:
            head = next(iter(heads_read(folder / f"{kind}.safetensors").values()))
            weight, bias = torch.from_numpy(head.weight), torch.from_numpy(head.bias)
            self.head(kind).weight.data = weight * self.spread
            self.head(kind).bias.data = bias + weight @ self.middle

    def head(self, kind: Kind) -> torch.nn.Linear:
        return cast(torch.nn.Linear, self.heads[kind])

    def means(self, tokenizer: Tokenizer, batch: Sequence[Sample]) -> torch.Tensor:
        rows = tokenizer.encode_batch([PREFIX[each.kind] + each.text for each in batch])
        return mean(self.encoder, *padded([row.ids for row in rows]))

    def loss(self, means: torch.Tensor, batch: Sequence[Sample]) -> torch.Tensor:
        """Each text's, by the head of its kind; the pooled class counts most."""
        losses = []
        for kind in KINDS:
            rows = [row for row, each in enumerate(batch) if each.kind == kind]
            if rows:
                logits = self.head(kind)((means[rows] - self.middle) / self.spread)
                targets = torch.tensor([batch[row].targets for row in rows])
                of_classes = binary_cross_entropy_with_logits(
                    logits, targets * (2 * SURE - 1) + 1 - SURE, reduction="none"
                )
                losses.append(of_classes[:, 0] + NAMES * of_classes[:, 1:].sum(1))
        return torch.cat(losses).mean()

    def weights(self, kind: Kind) -> Weights:
        """Of the vectors as the encoder gives them: middle and spread are folded in."""
        head = self.head(kind)
        weight = (head.weight / self.spread).detach()
        bias = (head.bias - weight @ self.middle).detach()
        return Weights(weight.numpy().copy(), bias.numpy().copy())


def tuned(
    folder: Path,
    samples: Sequence[Sample],
    epochs: int,
    keep: Callable[[Network], None],
    begin: Path | None = None,
) -> Network:
    """Hands the network to `keep` after each epoch, so that a stopped run leaves something.

    Args:
        folder: of the encoder.
        begin: folder of heads and changes to go on from, as `keep` may have left them.
    """
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    tokenizer = tokenizer_load(folder)
    network = Network(folder, begin / "changes" if begin else None).train()
    with torch.no_grad():
        some = rng.sample(list(samples), min(LOOKED_AT, len(samples)))
        network.look(torch.cat([network.means(tokenizer, [each]) for each in some]))
    if begin:
        network.heads_take(begin)
    optimizer = torch.optim.AdamW(
        [
            {"params": network.matrices, "lr": RATES[0], "weight_decay": 0.01},
            {"params": network.heads.parameters(), "lr": RATES[1], "weight_decay": 0.0},
        ]
    )
    steps = epochs * (len(samples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, list(RATES), total_steps=steps, pct_start=WARM
    )
    began, done = time.monotonic(), 0
    for epoch in range(epochs):
        losses = []
        for batch in batches(noised(samples, rng), rng):
            loss = network.loss(network.means(tokenizer, batch), batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.matrices, 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            done += 1
            if done % 50 == 0:
                spent = time.monotonic() - began
                print(
                    f"  epoch {epoch + 1} of {epochs}, step {done} of {steps}, {spent:.0f} s,"
                    f" loss {np.mean(losses[-50:]):.3f}",
                    flush=True,
                )
        keep(network)
    return network.eval()


def noised(samples: Sequence[Sample], rng: random.Random) -> list[Sample]:
    calm: dict[tuple[str, str], list[Sample]] = {}
    for each in samples:
        if not each.classes:
            calm.setdefault((each.language, each.kind), []).append(each)
    return [noisy(rng, each, calm[each.language, each.kind]) for each in samples]


def batches(samples: list[Sample], rng: random.Random) -> Iterator[list[Sample]]:
    """Whole batches of texts of like length, in any order."""
    rng.shuffle(samples)
    found = []
    for begin in range(0, len(samples), STRETCH):
        some = sorted(samples[begin : begin + STRETCH], key=lambda each: len(each.text.encode()))
        found += [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
    whole = [batch for batch in found if len(batch) == BATCH]
    rng.shuffle(whole)
    yield from whole
