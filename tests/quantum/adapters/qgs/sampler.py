"""A sampling backend for tests: exact amplitudes of small circuits, seeded counts, a logbook."""

from collections import Counter

import numpy as np
import torch

from quantum.backends.base import Capabilities, Handle, JobState, Result, Status
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.sampling.costs import Cost
from quantum.simulators import statevector

NAME = "test-sampler"


class Sampler:
    """Keeps every batch that it was given in ``batches``."""

    def __init__(self, max_circuits=200, max_shots=100_000):
        self.batches = []
        self.max_circuits, self.max_shots = max_circuits, max_shots

    @property
    def circuits(self):
        return sum(len(batch.circuits) for batch in self.batches)

    def capabilities(self):
        return Capabilities(
            NAME,
            "Test sampler",
            16,
            max_shots=self.max_shots,
            max_circuits=self.max_circuits,
        )

    def estimate(self, batch):
        return Cost(len(batch.circuits), batch.total_shots, 1, (0.0, 0.0))

    def submit(self, batch, client_ref):
        self.batches.append(batch)
        sizes = tuple(circuit.n_qubits for circuit in batch.circuits)
        return Handle(NAME, str(len(self.batches) - 1), len(sizes), batch.shots, sizes)

    def poll(self, handle):
        return Status(JobState.DONE)

    def fetch(self, handle):
        batch = self.batches[int(handle.job_id)]
        rng = np.random.default_rng(batch.seed)
        none = torch.zeros(1, 0, dtype=torch.float64)
        found = []
        for circuit in batch.circuits:
            state = statevector.amplitudes(circuit, none, none[0])[:, 0]
            weights = state.square().sum(0).numpy()
            draws = rng.multinomial(batch.shots, weights / weights.sum())
            found.append(
                Counter({f"{i:0{circuit.n_qubits}b}": int(n) for i, n in enumerate(draws) if n})
            )
        return Result(tuple(found))

    def cancel(self, handle):
        return False


def register(monkeypatch):
    """Put the sampler into the registry for one test."""
    spec = BackendSpec(NAME, "Test sampler", "Tests only.", False, False, lambda options: Sampler())
    monkeypatch.setitem(BACKENDS, NAME, spec)
