"""Random circuits whose inputs are numbers."""

import random
from dataclasses import replace

from quantum.circuits.circuit import Input
from tests.quantum.random_circuits import random_circuit


def without_inputs(seed, circuit=None):
    """A circuit of random gates (or the given one) with each input replaced by a number."""
    rng = random.Random(seed)
    circuit = circuit or random_circuit(seed)
    operations = tuple(
        replace(op, source=rng.uniform(-3, 3)) if isinstance(op.source, Input) else op
        for op in circuit.operations
    )
    return replace(circuit, operations=operations)
