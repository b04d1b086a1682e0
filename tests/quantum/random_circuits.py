"""Random circuits for the tests of all simulators."""

from __future__ import annotations

import random

from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.observables import PauliString, z, zz


def random_circuit(seed: int, *, n_qubits: int | None = None, length: int = 25) -> Circuit:
    """A circuit of random gates with constant, trainable and per-sample angles."""
    rng = random.Random(seed)
    n = n_qubits or rng.randint(1, 5)
    operations = []
    for _ in range(length):
        entry = rng.choice([g for g in GATES.values() if g.n_qubits <= n])
        source = None
        if entry.parametric:
            source = rng.choice([Angle(rng.randrange(4)), Input(rng.randrange(3)), rng.random()])
        operations.append(
            Operation(entry.name, tuple(rng.sample(range(n), entry.n_qubits)), source)
        )
    observables = [z(q) for q in range(n)]
    if n > 1:
        observables.append(zz(0, n - 1))
    letters = [(q, rng.choice("XYZ")) for q in rng.sample(range(n), rng.randint(1, n))]
    return Circuit(n, tuple(operations), (*observables, PauliString(tuple(letters))))


def shallow_circuit(seed: int, n_qubits: int) -> Circuit:
    """An encoding layer, then sparse RY and diagonal gates: small light cones of many shapes."""
    rng = random.Random(seed)
    operations = [Operation("ry", (q,), Input(q)) for q in range(n_qubits)]
    count = 0
    for q in rng.sample(range(n_qubits - 1), max(1, n_qubits // 2)):
        name = rng.choice(["cz", "crz", "rzz"])
        source = None if name == "cz" else rng.choice([Angle(count), 0.3])
        operations.append(Operation(name, (q, q + 1), source))
        operations.append(Operation("s", (q,)))
        count += 1
    for q in range(n_qubits):
        operations.append(Operation("ry", (q,), Angle(count + q)))
        if q % 2:
            operations.append(Operation("ry", (q,), Angle(count)))
    observables = tuple(z(q) for q in range(n_qubits)) + (zz(0, 1),)
    return Circuit(n_qubits, tuple(operations), observables)
