"""Exact values of wide shallow circuits, observable by observable.

An observable feels the operations of its light cone only (``light_cones``), so its value is
that of a small circuit on the cone's own qubits. The small circuits of all observables are brought
into a common form: qubits and operations in a canonical order, every trainable angle and input
turned into an input of the small circuit. Equal ones then run as one batch through
``simulators.statevector``, samples times cones. An observable whose cone lies inside another one's
is measured there.

So 72 qubits cost what a few hundred small states cost, and any gates are allowed. This module knows
nothing about adapters or backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import gate
from quantum.circuits.light_cones import LightCone, trace_back
from quantum.circuits.observables import PauliString
from quantum.exceptions import CircuitError, UnsupportedCircuitError
from quantum.simulators import statevector
from quantum.simulators.constants import constant

MAX_CONE_QUBITS = 16
_CHUNK = 2**22  # amplitudes held at a time
_KEEP = 2**20  # below, keeping the states for backward is faster than computing them again


@dataclass(frozen=True, eq=False)
class _Group:
    """Cones that are the same circuit.

    Attributes:
        circuit: The small circuit, with inputs only and all observables that any cone needs.
        slots: Column of (inputs, angles) that each cone's inputs read, ``(cones * n_inputs,)``.
        cones: Number of cones.
        picks: Positions of the wanted values in the flattened ``(cones, observables)``.
        columns: Observables of the wide circuit that these values belong to.
    """

    circuit: Circuit
    slots: NDArray[np.int64]
    cones: int
    picks: NDArray[np.int64]
    columns: tuple[int, ...]


def supports(circuit: Circuit) -> bool:
    """Whether no observable feels more than ``MAX_CONE_QUBITS`` qubits."""
    return widest(circuit)[0] <= MAX_CONE_QUBITS


def widest(circuit: Circuit) -> tuple[int, PauliString]:
    """The most qubits that an observable feels, and that observable."""
    sizes = [len(cone.qubits) for cone in _cones(circuit)]
    if not sizes:
        return 0, PauliString(())
    place = int(np.argmax(sizes))
    return sizes[place], circuit.observables[place]


def total_amplitudes(circuit: Circuit) -> int:
    """Amplitudes of all small states together: what one sample costs, to compare methods."""
    return sum(group.cones * 2**group.circuit.n_qubits for group in _plan(circuit))


def expectations(circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
    """Expectation values of the circuit's observables for a batch of inputs.

    Args:
        circuit: A circuit for which ``supports`` is true.
        inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
        angles: Shape ``(n_angles,)``, radians, same dtype and device.

    Returns:
        Shape ``(batch, n_observables)``.

    Raises:
        UnsupportedCircuitError: An observable feels too many qubits.
        CircuitError: Shapes or dtypes do not fit the circuit.
    """
    statevector.check_shapes(circuit, inputs, angles)
    batch = inputs.shape[0]
    shared = angles[: circuit.n_angles].unsqueeze(0)  # (1, n_angles)
    if not circuit.n_inputs:
        return _run(circuit, shared).expand(batch, -1)
    return _run(circuit, torch.cat((inputs[:, : circuit.n_inputs], shared.expand(batch, -1)), 1))


def batched(circuit: Circuit, angles: Tensor) -> Tensor:
    """Expectation values of one circuit under several vectors of angles.

    Args:
        circuit: A circuit without inputs, for which ``supports`` is true.
        angles: Shape ``(blocks, n_angles)``, radians, float32 or float64.

    Returns:
        Shape ``(blocks, n_observables)``, differentiable in ``angles``.

    Raises:
        UnsupportedCircuitError: An observable feels too many qubits.
        CircuitError: The circuit has inputs, or ``angles`` does not fit it.
    """
    if circuit.n_inputs:
        raise CircuitError(f"{circuit.name} has inputs: use expectations() for it.")
    if angles.ndim != 2 or angles.shape[1] < circuit.n_angles:
        raise CircuitError(f"angles must be (blocks, {circuit.n_angles}), got {angles.shape}.")
    return _run(circuit, angles)


def _run(circuit: Circuit, values: Tensor) -> Tensor:
    """All observables for rows of (inputs, angles), shape ``(samples, n_observables)``."""
    samples = values.shape[0]
    if not circuit.observables or not samples:
        return values.new_zeros(samples, len(circuit.observables))
    parts = []
    for group in _plan(circuit):
        rows = values.index_select(1, constant(group.slots, values))
        rows = rows.reshape(samples * group.cones, group.circuit.n_inputs)
        measured = _in_chunks(group.circuit, rows).reshape(samples, -1)  # (samples, cones * k)
        parts.append(measured.index_select(1, constant(group.picks, values)))
    return torch.cat(parts, dim=1).index_select(1, constant(_order(circuit), values))


def _in_chunks(circuit: Circuit, rows: Tensor) -> Tensor:
    size = 2**circuit.n_qubits
    none = rows.new_zeros(0)
    return torch.cat(
        [
            statevector.expectations(circuit, chunk, none, recompute=len(rows) * size > _KEEP)
            for chunk in torch.split(rows, max(1, _CHUNK // size))
        ]
    )


@lru_cache(maxsize=64)
def _order(circuit: Circuit) -> NDArray[np.int64]:
    """Position of each observable among the values of all groups."""
    columns = [column for group in _plan(circuit) for column in group.columns]
    return np.argsort(np.array(columns, dtype=np.int64))


@lru_cache(maxsize=64)
def _cones(circuit: Circuit) -> tuple[LightCone, ...]:
    return tuple(trace_back(circuit.operations, o) for o in circuit.observables)


@lru_cache(maxsize=64)
def _plan(circuit: Circuit) -> tuple[_Group, ...]:
    """Sort the observables into groups of equal small circuits."""
    size, observable = widest(circuit)
    if size > MAX_CONE_QUBITS:
        raise UnsupportedCircuitError(
            f"{circuit.name}: the observable {observable} feels {size} qubits; exact light cones "
            f"may have {MAX_CONE_QUBITS}. Use fewer layers or fewer couplers."
        )
    members: dict[Circuit, list[tuple[list[int], dict[int, PauliString]]]] = {}
    for columns in _hosts(_cones(circuit)):
        numbers, small, slots = _small_circuit(circuit, _cones(circuit)[columns[0]])
        measured = {column: circuit.observables[column].renumbered(numbers) for column in columns}
        members.setdefault(small, []).append((slots, measured))
    return tuple(_group(small, cones) for small, cones in members.items())


def _hosts(cones: Sequence[LightCone]) -> list[list[int]]:
    """Observables by cone: the first of each list has the cone that contains all the others'."""
    contents = [(set(cone.operations), cone.qubits) for cone in cones]
    hosts: list[list[int]] = []
    for column in sorted(range(len(cones)), key=lambda c: -len(contents[c][1])):
        operations, qubits = contents[column]
        for host in hosts:
            if operations <= contents[host[0]][0] and qubits <= contents[host[0]][1]:
                host.append(column)
                break
        else:
            hosts.append([column])
    return hosts


def _group(small: Circuit, cones: list[tuple[list[int], dict[int, PauliString]]]) -> _Group:
    wanted = list(dict.fromkeys(o for _, measured in cones for o in measured.values()))
    picks = [
        number * len(wanted) + wanted.index(observable)
        for number, (_, measured) in enumerate(cones)
        for observable in measured.values()
    ]
    return _Group(
        replace(small, observables=tuple(wanted)),
        np.array([slot for slots, _ in cones for slot in slots], dtype=np.int64),
        len(cones),
        np.array(picks, dtype=np.int64),
        tuple(column for _, measured in cones for column in measured),
    )


def _small_circuit(circuit: Circuit, cone: LightCone) -> tuple[dict[int, int], Circuit, list[int]]:
    """A cone as a circuit of its own: its qubits' numbers, the circuit, what its inputs read."""
    numbers = cone.numbers() or {0: 0}
    moved = [circuit.operations[index].renumbered(numbers) for index in cone.operations]
    operations: list[Operation] = []
    slots: list[int] = []
    for op in _in_canonical_order(moved, len(numbers)):
        source = op.source
        if isinstance(source, Angle | Input):
            shift = circuit.n_inputs if isinstance(source, Angle) else 0
            operations.append(replace(op, source=Input(len(slots))))
            slots.append(shift + source.index)
        else:
            operations.append(op)
    return numbers, Circuit(len(numbers), tuple(operations), name="light cone"), slots


def _in_canonical_order(operations: list[Operation], n_qubits: int) -> list[Operation]:
    """Operations by levels, sorted within a level, where all of them commute.

    Equal cones then look equal however the circuit listed them, and runs of equal gates stand
    together, as the simulator likes them.
    """
    level = [0] * n_qubits
    after_diagonal = [False] * n_qubits
    keyed = []
    for op in operations:
        diagonal = gate(op.gate).diagonal
        # Diagonal gates on the same qubit commute, so they may share a level.
        reached = max(level[q] + (not (diagonal and after_diagonal[q])) for q in op.qubits)
        for q in op.qubits:
            level[q], after_diagonal[q] = reached, diagonal
        keyed.append(((reached, diagonal, op.gate, op.qubits), op))
    return [op for _, op in sorted(keyed, key=lambda pair: pair[0])]
