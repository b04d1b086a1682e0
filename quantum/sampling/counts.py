"""Counts as numbers: bit strings to signs, signs to means of Z products.

The strings of one circuit become one small array once; every observable is then a product of its
rows. This module knows nothing about circuits, backends or mitigation, except that a caller may
replace the two readings of a qubit (+1 and -1) by corrected ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantum.exceptions import BadResultError

Floats = NDArray[np.float64]
Readings = NDArray[np.float32]
_ZERO, _ONE = ord("0"), ord("1")


@dataclass(frozen=True)
class Samples:
    """The different outcomes of one circuit.

    Attributes:
        bits: Shape ``(n_qubits, outcomes)``, 0 or 1, row = qubit.
        weights: Shape ``(outcomes,)``, how often each came; sums to ``shots``.
        shots: Number of shots that were really counted.
    """

    bits: NDArray[np.uint8]
    weights: Floats
    shots: int

    def readings(self, zero: Floats | None = None, one: Floats | None = None) -> Readings:
        """What each qubit reads in each outcome, shape ``(n_qubits, outcomes)``.

        Args:
            zero: Shape ``(n_qubits,)``, value of a read 0; +1 where left out.
            one: Shape ``(n_qubits,)``, value of a read 1; -1 where left out.
        """
        if zero is None or one is None:
            return np.float32(1) - np.float32(2) * self.bits
        return np.where(self.bits == 1, one[:, None], zero[:, None]).astype(np.float32)

    def moments(self, rows: Readings) -> tuple[Floats, Floats]:
        """Mean and standard error of each row of values, shape ``(rows,)`` each.

        The error is the sample's own, with at least one shot's resolution: when all shots agree the
        spread is zero but the truth may still be off by about ``1 / shots``.
        """
        # Single precision counts exactly up to 2**24 shots, and is far finer than their spread.
        weights = self.weights.astype(np.float32)
        mean = (rows @ weights).astype(np.float64) / self.shots
        spread = (rows * rows) @ weights / self.shots - np.square(mean)
        floor = 1.0 / self.shots
        return mean, np.sqrt(np.maximum(spread, floor) / self.shots)


def read_counts(counts: Mapping[str, int], n_qubits: int, where: str = "The circuit") -> Samples:
    """Counts of one circuit as arrays.

    Args:
        counts: Bit string (qubit 0 rightmost) to number of shots.
        n_qubits: Length that every string must have.
        where: Start of the error message, e.g. ``"Circuit 3 of the batch"``.

    Raises:
        BadResultError: No shots, a negative count, or a string that is not ``n_qubits`` bits.
    """
    weights = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
    shots = int(weights.sum())
    if shots < 1 or weights.min() < 0:
        raise BadResultError(f"{where} came back with no shots.", raw=str(dict(counts))[:2000])
    wrong = next((text for text in counts if len(text) != n_qubits), None)
    flat = np.frombuffer("".join(counts).encode("ascii", "replace"), dtype=np.uint8)
    if wrong is not None or not np.isin(flat, (_ZERO, _ONE)).all():
        outcome = next(iter(counts)) if wrong is None else wrong
        raise BadResultError(
            f"{where} came back with the outcome {outcome!r}; expected {n_qubits} bits of 0 and 1.",
            raw=str(dict(counts))[:2000],
        )
    table = flat.reshape(len(counts), n_qubits) - _ZERO  # (outcomes, n_qubits)
    # The rightmost character is qubit 0.
    return Samples(np.ascontiguousarray(table[:, ::-1].T), weights, shots)


def product_rows(readings: Readings, qubits: Sequence[Sequence[int]]) -> Readings:
    """Product of the readings of each group of qubits.

    Args:
        readings: Shape ``(n_qubits, outcomes)``.
        qubits: One group an observable; an empty group gives ones.

    Returns:
        Shape ``(groups, outcomes)``.
    """
    rows = np.ones((len(qubits), readings.shape[1]), dtype=np.float32)
    for place in range(max((len(group) for group in qubits), default=0)):
        chosen = [number for number, group in enumerate(qubits) if len(group) > place]
        rows[chosen] *= readings[[qubits[number][place] for number in chosen]]
    return rows
