"""A runner without shot noise: counts that are the oracle's probabilities, finely rounded."""

from __future__ import annotations

import numpy as np

from quantum.backends.base import Batch, Capabilities, Result
from quantum.simulators import reference

RESOLUTION = 1_000_000

CAPABILITIES = Capabilities(
    name="oracle",
    title="Oracle",
    max_qubits=6,
    max_shots=RESOLUTION,
    max_circuits=5,
)


class ExactRunner:
    """Runs batches by the oracle and remembers them."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def run(self, batch: Batch) -> Result:
        self.batches.append(batch)
        counts = []
        for circuit in batch.circuits:
            shares = np.abs(reference.statevector(circuit, [], [])) ** 2
            whole = np.rint(shares * RESOLUTION).astype(int)
            width = circuit.n_qubits
            counts.append({format(i, f"0{width}b"): int(c) for i, c in enumerate(whole) if c})
        return Result(tuple(counts))
