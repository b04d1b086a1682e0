"""Aer with a chip's noise, the circuit placed on the chip first as it would be for the cloud.

Only the qubits that the placed circuits touch are simulated: the others are relabelled away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from quantum.backends.aer import AerBackend
from quantum.backends.base import Batch, Capabilities, Result
from quantum.chips.calibration import Calibration, Coupler
from quantum.chips.routing import Placed, place
from quantum.circuits.circuit import Circuit
from quantum.sampling.estimation import DirectRunner


@dataclass(frozen=True)
class OnChip:
    """A runner for any circuit that fits on a chip's live couplers."""

    calibration: Calibration

    def capabilities(self) -> Capabilities:
        whole = AerBackend(calibration=self.calibration).capabilities()
        return replace(whole, couplers=None)  # circuits are placed here

    def run(self, batch: Batch) -> Result:
        """Counts in the circuit's own qubit order.

        Raises:
            UnsupportedCircuitError: there is no place for it on the chip.
        """
        placed = place(batch.circuits, self.calibration)
        used = sorted({qubit for one in placed for qubit in touched(one)})
        number = {qubit: index for index, qubit in enumerate(used)}
        circuits = tuple(relabelled(one.circuit, number) for one in placed)
        backend = AerBackend(calibration=cut_out(self.calibration, number))
        result = DirectRunner(backend).run(Batch(circuits, batch.shots, batch.seed))
        counts = tuple(
            in_order(found, [number[qubit] for qubit in one.measured])
            for found, one in zip(result.counts, placed, strict=True)
        )
        return Result(counts, result.from_probabilities, result.raw)


def touched(one: Placed) -> set[int]:
    return {qubit for op in one.circuit.operations for qubit in op.qubits} | set(one.measured)


def relabelled(circuit: Circuit, number: dict[int, int]) -> Circuit:
    operations = tuple(
        replace(op, qubits=tuple(number[qubit] for qubit in op.qubits)) for op in circuit.operations
    )
    return Circuit(len(number), operations, name=circuit.name)


def cut_out(calibration: Calibration, number: dict[int, int]) -> Calibration:
    """The chip's figures on some of its qubits, under new numbers."""
    return replace(
        calibration,
        n_qubits=len(number),
        qubits={index: calibration.qubits[qubit] for qubit, index in number.items()},
        couplers=tuple(
            Coupler(number[one.first], number[one.second], one.fidelity)
            for one in calibration.couplers
            if {one.first, one.second} <= number.keys()
        ),
    )


def in_order(counts: Mapping[str, int], places: list[int]) -> dict[str, int]:
    """Counts of the placed qubits as counts of the circuit's own; qubit 0 stands on the right."""
    found: dict[str, int] = {}
    for bits, times in counts.items():
        own = "".join(bits[-1 - place] for place in reversed(places))
        found[own] = found.get(own, 0) + times
    return found
