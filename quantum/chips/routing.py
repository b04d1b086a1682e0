"""Circuits onto a chip: qubits chosen, SWAPs added, gates made native, on live couplers only.

Layout, routing and translation are Qiskit's, with a fixed seed. One layout serves a whole batch, so
that circuits which measure the readout stand on the qubits whose readout they measure. Nothing is
cancelled between gates on two qubits: zero-noise extrapolation folds CZ on purpose. This module
knows nothing about the cloud.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, UGate
from qiskit.exceptions import QiskitError
from qiskit.transpiler import (
    InstructionProperties,
    PassManager,
    Target,
    generate_preset_pass_manager,
)
from qiskit.transpiler.passes import Optimize1qGatesDecomposition

from quantum.chips.calibration import Calibration
from quantum.chips.couplers import Pair, connected_parts
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import UnsupportedCircuitError

_SEED = 7
_TINY = 1e-9  # radians; a rotation below it is left out


@dataclass(frozen=True)
class Placed:
    """A circuit on the chip.

    Attributes:
        circuit: On the chip's own qubit numbers, of RZ, RY and CZ.
        measured: The chip's qubit that holds logical qubit ``i`` at the end, for each ``i``.
    """

    circuit: Circuit
    measured: tuple[int, ...]


def place(circuits: Sequence[Circuit], calibration: Calibration) -> tuple[Placed, ...]:
    """Place bound circuits of one batch.

    Circuits whose gates on two qubits already lie on live couplers stay where they are, by the
    chip's numbers, by their order among the available qubits, or by their order among as many
    qubits that hang together (``Calibration.joined``).

    Args:
        circuits: At least one.
        calibration: The chip as it is now.

    Raises:
        UnsupportedCircuitError: They need more connected qubits than the chip has.
    """
    chip = _Chip(calibration)
    width = max(circuit.n_qubits for circuit in circuits)
    pairs = sorted({pair for circuit in circuits for pair in circuit.pairs()})
    chip.check_fits(width, pairs)
    layout = chip.trivial_layout(width, pairs) or chip.layout(width, pairs)
    placed: list[Placed | None] = [
        chip.route(circuit, layout) if circuit.pairs() else None for circuit in circuits
    ]
    # Circuits that join no qubits (the readout's own) stand where the first of the others ends.
    ends = next((item.measured for item in placed if item and len(item.measured) == width), layout)
    return tuple(
        item or chip.route(circuit, ends) for circuit, item in zip(circuits, placed, strict=True)
    )


class _Chip:
    """A calibration as Qiskit's target, on the available qubits only, numbered from 0."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._numbers = sorted(calibration.qubits)
        self._index = {number: index for index, number in enumerate(self._numbers)}
        self._target = self._make_target()

    def check_fits(self, width: int, pairs: Sequence[Pair]) -> None:
        """Refuse what no layout can hold, with the sizes in the message."""
        parts = self._calibration.parts()
        largest = len(parts[0]) if parts else 0
        name = f"Chip {self._calibration.chip}"
        if width > len(self._numbers):
            raise UnsupportedCircuitError(
                f"{name} has {len(self._numbers)} available qubits; the circuit needs {width}."
            )
        need = len(connected_parts(range(width), pairs)[0])
        if need > largest:
            raise UnsupportedCircuitError(
                f"{name} has at most {largest} qubits that hang together by live couplers; the "
                f"circuit joins {need}. Use fewer qubits, or a circuit built on the live couplers."
            )

    def trivial_layout(self, width: int, pairs: Sequence[Pair]) -> tuple[int, ...] | None:
        """A layout that follows the numbers, if it needs no SWAP."""
        live = set(self._calibration.live_couplers)
        chosen = self._calibration.joined(width)
        for layout in (tuple(range(width)), tuple(self._numbers[:width]), chosen):
            moved = {(layout[first], layout[second]) for first, second in pairs}
            if set(layout) <= self._index.keys() and moved <= live:
                return layout
        return None

    def layout(self, width: int, pairs: Sequence[Pair]) -> tuple[int, ...]:
        """The chip's qubit for each logical one, chosen for all pairs of the batch together."""
        joint = QuantumCircuit(width)
        for first, second in pairs:
            joint.cz(first, second)
        indices = self._run(joint, level=2).layout.initial_index_layout(filter_ancillas=True)
        return tuple(self._numbers[index] for index in indices)

    def route(self, circuit: Circuit, layout: Sequence[int]) -> Placed:
        """One circuit from a given layout."""
        start = [self._index[number] for number in layout[: circuit.n_qubits]]
        routed = self._run(to_qiskit(circuit), level=0, start=start)
        ends = routed.layout.final_index_layout(filter_ancillas=True)
        routed = PassManager([Optimize1qGatesDecomposition(basis=["u"])]).run(routed)
        operations = tuple(self._operations(routed))
        self._check_live(operations)
        return Placed(
            Circuit(self._calibration.n_qubits, operations, name=circuit.name),
            tuple(self._numbers[index] for index in ends),
        )

    def _run(
        self, circuit: QuantumCircuit, level: int, start: list[int] | None = None
    ) -> QuantumCircuit:
        manager = generate_preset_pass_manager(
            optimization_level=level,
            target=self._target,
            initial_layout=start,
            routing_method="sabre",
            seed_transpiler=_SEED,
        )
        try:
            return manager.run(circuit)
        except QiskitError as error:
            raise UnsupportedCircuitError(
                f"Chip {self._calibration.chip} has no place for the circuit: {error.message}"
            ) from error

    def _operations(self, routed: QuantumCircuit) -> Iterable[Operation]:
        for item in routed.data:
            name = item.operation.name
            qubits = tuple(self._numbers[routed.find_bit(bit).index] for bit in item.qubits)
            if name == "cz":
                yield Operation("cz", qubits)
            elif name == "u":  # U(θ, φ, λ) = RZ(φ) RY(θ) RZ(λ) up to a global phase
                theta, phi, lam = (float(angle) for angle in item.operation.params)
                for gate, angle in (("rz", lam), ("ry", theta), ("rz", phi)):
                    if abs(math.remainder(angle, 2 * math.pi)) > _TINY:
                        yield Operation(gate, qubits, angle)
            elif name != "barrier":
                raise UnsupportedCircuitError(f"Routing left the gate {name!r} on {qubits}.")

    def _check_live(self, operations: Iterable[Operation]) -> None:
        """The chip is said to return wrong results silently for other pairs: look ourselves."""
        live = set(self._calibration.live_couplers)
        for op in operations:
            if len(op.qubits) == 2 and (min(op.qubits), max(op.qubits)) not in live:
                raise UnsupportedCircuitError(
                    f"Routing put a gate on qubits {op.qubits}, which no live coupler joins."
                )

    def _make_target(self) -> Target:
        figures = self._calibration.qubits
        target = Target(num_qubits=len(self._numbers))
        single: Mapping[tuple[int, ...], InstructionProperties] = {
            (index,): InstructionProperties(error=1 - figures[number].single_fidelity)
            for number, index in self._index.items()
        }
        readout = {
            (index,): InstructionProperties(error=1 - figures[number].readout_fidelity)
            for number, index in self._index.items()
        }
        joint = {}
        for first, second in self._calibration.live_couplers:
            error = 1 - self._calibration.coupler_fidelity(first, second)
            pair = (self._index[first], self._index[second])
            joint[pair] = joint[pair[::-1]] = InstructionProperties(error=error)
        target.add_instruction(UGate(*(Parameter(name) for name in "abc")), dict(single))
        target.add_instruction(Measure(), readout)
        if joint:
            target.add_instruction(CZGate(), joint)
        return target
