"""Circuit families used by the adapters.

Here: the circuit of QTHA (arXiv 2503.12790, section 3; the authors' public code), and ours of QGS.
This module knows nothing about language models or how circuits are run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.observables import z, zz
from quantum.exceptions import CircuitError

Couplers = tuple[tuple[int, int], ...]


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


@cache
def qtha_product_circuit(n_qubits: int, n_layers: int = 1) -> Circuit:
    """QTHA's circuit without entanglers: its RY alone, which is its CRZ at angle zero.

    Angles of a layer: the RY behind the first ring, then those behind the second, ``n_qubits``
    each; so there are ``2 n_qubits n_layers`` (``qtha_product_angles`` says which of QTHA's).

    Raises:
        CircuitError: A size below one.

    >>> qtha_product_circuit(8, 2).n_angles
    32
    """
    whole = qtha_circuit(n_qubits, n_layers)
    kept = {old: new for new, old in enumerate(qtha_product_angles(n_qubits, n_layers))}
    operations = tuple(
        Operation(op.gate, op.qubits, Angle(kept[op.source.index]))
        if isinstance(op.source, Angle)
        else op
        for op in whole.operations
        if op.gate == "ry"
    )
    name = f"QTHA circuit without entanglers, {n_qubits} qubits, {n_layers} layers"
    return Circuit(n_qubits, operations, whole.observables, name)


def qtha_product_angles(n_qubits: int, n_layers: int) -> tuple[int, ...]:
    """Which of QTHA's angles turn an RY, in order; the others are those of CRZ.

    >>> qtha_product_angles(2, 1), qtha_product_angles(1, 2)
    ((2, 3, 6, 7), (0, 1, 2, 3))
    """
    return tuple(
        op.source.index
        for op in qtha_circuit(n_qubits, n_layers).operations
        if op.gate == "ry" and isinstance(op.source, Angle)
    )


def chain_couplers(n_qubits: int) -> Couplers:
    """Neighbours on a line: (0, 1), (1, 2), …"""
    return tuple((i, i + 1) for i in range(n_qubits - 1))


def lattice_couplers(rows: int = 12, columns: int = 6) -> Couplers:
    """Neighbours on a square lattice, qubit ``row * columns + column``; the defaults are Wukong's.

    >>> len(lattice_couplers())
    126
    """
    across = [
        (row * columns + column, row * columns + column + 1)
        for row in range(rows)
        for column in range(columns - 1)
    ]
    down = [(qubit, qubit + columns) for qubit in range((rows - 1) * columns)]
    return (*across, *down)


def qgs_circuit(n_qubits: int, n_layers: int = 1, couplers: Couplers | None = None) -> Circuit:
    """The circuit of QGS: no data in it, shallow, native gates of Wukong.

    RY on all qubits, then for each layer CZ on the couplers and RY on all. Angle number
    ``l * n_qubits + i`` is that of qubit i in the l-th row of RY. Measured: ⟨Z_i⟩ for every i, then
    ⟨Z_i Z_j⟩ for every coupler in the order given; one run in the Z basis gives them all.

    The CZ of a layer commute, so they are put into rounds in which no qubit occurs twice: two
    rounds on a chain, four on a lattice.

    Args:
        n_qubits: Number of qubits.
        n_layers: Layers L of CZ.
        couplers: Pairs of qubits that CZ joins; a chain if not given.

    Returns:
        A circuit without inputs and with ``qgs_angle_count(n_qubits, n_layers)`` angles.

    Raises:
        CircuitError: A size below one, a coupler given twice, or one that leaves the qubits.

    >>> circuit = qgs_circuit(72)
    >>> circuit.n_angles, len(circuit.observables), circuit.depth
    (144, 143, 4)
    """
    pairs = chain_couplers(n_qubits) if couplers is None else couplers
    return _qgs_circuit(n_qubits, n_layers, tuple((first, second) for first, second in pairs))


@cache
def _qgs_circuit(n_qubits: int, n_layers: int, couplers: Couplers) -> Circuit:
    if n_qubits < 1 or n_layers < 1:
        raise CircuitError(f"Need at least 1 qubit and 1 layer, got {n_qubits} and {n_layers}.")
    if len({frozenset(pair) for pair in couplers}) < len(couplers):
        raise CircuitError(f"A coupler is given twice: {couplers}.")
    qubits = range(n_qubits)
    entangling = [Operation("cz", pair) for pair in _in_rounds(couplers)]
    operations = [Operation("ry", (i,), Angle(i)) for i in qubits]
    for layer in range(1, n_layers + 1):
        operations += entangling
        operations += [Operation("ry", (i,), Angle(layer * n_qubits + i)) for i in qubits]
    return Circuit(
        n_qubits,
        tuple(operations),
        (*(z(i) for i in qubits), *(zz(*pair) for pair in couplers)),
        name=f"QGS circuit, {n_qubits} qubits, {n_layers} layers",
    )


def _in_rounds(couplers: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Couplers sorted by round; each goes to the first round that has neither of its qubits."""
    taken: dict[int, set[int]] = {}
    rounds: list[tuple[int, tuple[int, int]]] = []
    for pair in couplers:
        used = taken.setdefault(pair[0], set()) | taken.setdefault(pair[1], set())
        number = next(n for n in range(len(used) + 1) if n not in used)
        for qubit in pair:
            taken[qubit].add(number)
        rounds.append((number, pair))
    return [pair for _, pair in sorted(rounds, key=lambda item: item[0])]


def qgs_angle_count(n_qubits: int, n_layers: int) -> int:
    """Number of trainable angles: n (L + 1)."""
    return n_qubits * (n_layers + 1)


def qgs_product_circuit(
    n_qubits: int, n_layers: int = 1, couplers: Couplers | None = None
) -> Circuit:
    """QGS's circuit without CZ: the same angles and observables, and qubits that never meet.

    ⟨Z_i⟩ is then cos of the sum of qubit i's angles, and ⟨Z_i Z_j⟩ = ⟨Z_i⟩ ⟨Z_j⟩.

    Args:
        n_qubits: Number of qubits.
        n_layers: Layers L, each of which leaves a row of RY.
        couplers: Pairs of qubits that are measured together; a chain if not given.

    Raises:
        CircuitError: As ``qgs_circuit``.

    >>> circuit = qgs_product_circuit(72)
    >>> circuit.n_angles, len(circuit.observables), circuit.two_qubit_count()
    (144, 143, 0)
    """
    whole = qgs_circuit(n_qubits, n_layers, couplers)
    return replace(
        whole,
        operations=tuple(op for op in whole.operations if op.gate != "cz"),
        name=f"QGS circuit without CZ, {n_qubits} qubits, {n_layers} layers",
    )
