"""Circuit families used by the adapters.

Here: the circuit of QTHA (arXiv 2503.12790, section 3; the authors' public code). This module knows
nothing about language models or how circuits are run.
"""

from __future__ import annotations

from functools import cache

from quantum.circuit import Angle, Circuit, Input, Operation
from quantum.exceptions import CircuitError
from quantum.observables import z

__all__ = ["qtha_angle_count", "qtha_circuit"]


@cache
def qtha_circuit(n_qubits: int, n_layers: int = 1) -> Circuit:
    """QTHA's circuit: data re-uploading with two rings of controlled rotations a layer.

    Layer: RY(input i) on every qubit i; CRZ i→i+1 around the ring; RY; CRZ i→i-1 around the ring;
    RY. Angles of a layer come in that order, ``n_qubits`` each. Measured: ⟨Z_i⟩ for every i.

    Edge cases: one qubit has no ring, so a layer keeps its two RY only (no dead parameters); two
    qubits have both couplings (0→1 and 1→0) in each ring.

    Args:
        n_qubits: Number of qubits, QTHA's rank r.
        n_layers: Number of layers L.

    Returns:
        A circuit with ``n_qubits`` inputs and ``qtha_angle_count(n_qubits, n_layers)`` angles.

    Raises:
        CircuitError: A size below one.

    >>> qtha_circuit(8, 2).n_angles
    64
    """
    if n_qubits < 1 or n_layers < 1:
        raise CircuitError(f"Need at least 1 qubit and 1 layer, got {n_qubits} and {n_layers}.")
    operations: list[Operation] = []
    qubits = range(n_qubits)
    # A ring's CRZ commute: even controls first, then odd ones, halves the depth.
    ring = [*qubits[0::2], *qubits[1::2]] if n_qubits > 1 else []
    first = 0
    for _ in range(n_layers):
        operations += [Operation("ry", (i,), Input(i)) for i in qubits]
        for step in (1, -1):
            operations += [
                Operation("crz", (i, (i + step) % n_qubits), Angle(first + i)) for i in ring
            ]
            first += len(ring)
            operations += [Operation("ry", (i,), Angle(first + i)) for i in qubits]
            first += n_qubits
    return Circuit(
        n_qubits,
        tuple(operations),
        tuple(z(i) for i in qubits),
        name=f"QTHA circuit, {n_qubits} qubits, {n_layers} layers",
    )


def qtha_angle_count(n_qubits: int, n_layers: int) -> int:
    """Number of trainable angles: 4rL, and 2L for a single qubit (it has no ring)."""
    return (4 * n_qubits if n_qubits > 1 else 2) * n_layers
