"""The reference that a preference run is held to: what it gave each reply, computed once ahead.

The reference is the base with the adapter off; of a run that goes on from an adapter, the base with
that adapter as it was at the start. Neither changes, so each pair is read once before the first
step, which saves a forward pass in each step, and no second model stands in memory. The numbers are
kept in the run's folder, so that whoever goes on with it has the very same.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from finetune.files import write_whole

from .pairs import Pair, collate_pairs, ids_of, in_batches

FILE = "reference.json"
KEPT_EVERY = 60.0  # seconds
LogProbs = Callable[[dict[str, torch.Tensor]], torch.Tensor]


@contextmanager
def adapter_off(model: Any, *, off: bool = True) -> Iterator[None]:
    """Compute as the base alone; what learns is afterwards as it was.

    Args:
        model: base with adapter.
        off: else the adapter stays.
    """
    if not off:
        yield
        return
    learns = {name: item.requires_grad for name, item in model.named_parameters()}
    try:
        with model.disable_adapter():
            yield
    finally:
        for name, item in model.named_parameters():
            item.requires_grad_(learns[name])


class Reference:
    """The numbers of one run's pairs, and the file that keeps them.

    Args:
        folder: the run's folder.
        about: what the reference is, such as the base's name.
        parts: pairs to learn from and pairs that are held out, each read in batches of its own.
        size: pairs in a batch.
        pad: the id that fills batches up.
    """

    def __init__(
        self, folder: Path, about: str, parts: Sequence[Sequence[Pair]], *, size: int, pad: int
    ) -> None:
        self._path = folder / FILE
        self._size, self._pad = size, pad
        self._batches = [batch for part in parts for batch in in_batches(part, size)]
        digest = hashlib.sha256(f"{about}/{size}/".encode())
        for batch in self._batches:
            for pair in batch:
                digest.update(hashlib.sha256(ids_of(pair)).digest())
        self._digest = digest.hexdigest()

    @property
    def pairs(self) -> int:
        """How many there are."""
        return sum(map(len, self._batches))

    def take(self, log_probs: LogProbs, between: Callable[[], None]) -> int:
        """Give each pair its numbers, those that are kept and those that are missing.

        Args:
            log_probs: of a batch, as `collate_pairs` makes it: sums, (2 * pairs,), in its order.
            between: called before each batch; may raise to leave.

        Returns:
            How many pairs were computed.
        """
        known = self._known()
        first, told = len(known), time.monotonic()
        try:
            for batch in self._missing(known):
                between()
                sums = log_probs(collate_pairs(batch, pad=self._pad)).tolist()
                known += zip(sums[: len(batch)], sums[len(batch) :], strict=True)
                if time.monotonic() - told > KEPT_EVERY:
                    told = time.monotonic()
                    self._keep(known)
        finally:
            if len(known) > first:
                self._keep(known)
        pairs = (pair for batch in self._batches for pair in batch)
        for pair, numbers in zip(pairs, known, strict=True):
            pair.reference = numbers
        return len(known) - first

    def _missing(self, known: list[tuple[float, float]]) -> Iterator[list[Pair]]:
        """Yield the batches behind those that are known; whole ones are kept only."""
        done = 0
        for batch in self._batches:
            if done >= len(known):
                yield batch
            done += len(batch)

    def _known(self) -> list[tuple[float, float]]:
        """What an earlier trainer of this run has kept; nothing where it was of other pairs."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["digest"] != self._digest:
                return []
            return [(float(chosen), float(rejected)) for chosen, rejected in kept["pairs"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _keep(self, known: list[tuple[float, float]]) -> None:
        write_whole(self._path, json.dumps({"digest": self._digest, "pairs": known}) + "\n")
