"""Qiskit Aer: shots in this process, ideal or with a chip's noise model; seeded.

A batch runs as one call. This module knows nothing about gradients, ledgers or how noise is
modelled.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from quantum.backends.base import Batch, Capabilities, Result
from quantum.backends.local import MAX_SHOTS, LocalSampler
from quantum.chips.calibration import Calibration
from quantum.chips.published import noise_label, published_72
from quantum.chips.routing import place
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import UnsupportedCircuitError
from quantum.sampling.noise import native_circuit, noise_model

# Trainers use threads too; two cores are what the smallest machines have.
_THREADS = min(2, os.cpu_count() or 1)
# A density matrix of 12 qubits takes 256 MB, a state of 26 qubits 1 GB. Matrix product states grow
# with entanglement, not width.
_LIMITS = {"density_matrix": 12, "statevector": 26, "matrix_product_state": 200}
_NOISY_STATEVECTOR_LIMIT = 20  # one run a shot
# Aer's density matrices and matrix product states do not know these by name.
_CONTROLLED = ["crx", "cry", "crz"]


class AerBackend(LocalSampler):
    """Aer as a sampling backend.

    Args:
        options: ``method``, ``noise`` and ``seed``, as in the registry; a batch's own seed wins.
        calibration: A chip to model instead of the one that ``noise`` names.
    """

    name = "aer"
    title = "Aer"

    def __init__(
        self, options: Mapping[str, Any] | None = None, *, calibration: Calibration | None = None
    ) -> None:
        super().__init__()
        given = options or {}
        self.method = str(given.get("method", "automatic"))
        self.seed = int(given.get("seed", 0))
        if calibration is None and given.get("noise", "none") == "chip72":
            calibration = published_72()
        self._calibration = calibration

    def capabilities(self) -> Capabilities:
        """What this backend can do with its options."""
        noise = self._calibration
        return Capabilities(
            name=self.name,
            title=f"Aer with noise ({noise_label(noise)})" if noise else "Aer simulator",
            max_qubits=min(self._limit(), noise.n_qubits) if noise else self._limit(),
            max_shots=MAX_SHOTS,
        )

    def _sample(self, batch: Batch) -> Result | str:
        widths = tuple(circuit.n_qubits for circuit in batch.circuits)
        method = self._method(max(widths))
        settings: dict[str, Any] = {}
        if self._calibration:
            settings["noise_model"], circuits = self._noisy(batch.circuits, self._calibration)
        else:
            local = method == "matrix_product_state"
            circuits = [_measured(_local(c) if local else c) for c in batch.circuits]
        simulator = AerSimulator(
            method=method,
            max_parallel_threads=_THREADS,
            max_parallel_experiments=_THREADS,  # circuit by circuit; threads within one only wait
            # Drawing whole strings from the state costs far less than measuring qubit by qubit.
            mps_sample_measure_algorithm="mps_probabilities",
            **settings,
        )
        seed = self.seed if batch.seed is None else batch.seed
        done = simulator.run(circuits, shots=batch.shots, seed_simulator=seed % 2**31).result()
        return _counts(done, widths) if done.success else str(done.status)

    def _noisy(
        self, circuits: Sequence[Circuit], calibration: Calibration
    ) -> tuple[NoiseModel, list[QuantumCircuit]]:
        """Circuits placed on the chip as for the real machine, on the qubits that they use."""
        placed = place(circuits, calibration)
        used = {qubit for item in placed for qubit in item.measured}
        used |= {qubit for item in placed for op in item.circuit.operations for qubit in op.qubits}
        qubits = sorted(used)
        if len(qubits) > self._limit():
            raise UnsupportedCircuitError(
                f"On chip {calibration.chip} the circuits take {len(qubits)} qubits; "
                f"{self._most_qubits(self._limit())}"
            )
        numbers = {chip: index for index, chip in enumerate(qubits)}
        native = [
            native_circuit(
                item.circuit.renumbered(numbers),
                calibration,
                qubits,
                [numbers[qubit] for qubit in item.measured],
            )
            for item in placed
        ]
        return noise_model(calibration, qubits), native

    def _limit(self) -> int:
        if self.method == "automatic":
            return _LIMITS["density_matrix" if self._calibration else "matrix_product_state"]
        if self._calibration and self.method == "statevector":
            return _NOISY_STATEVECTOR_LIMIT
        return _LIMITS[self.method]

    def _method(self, n_qubits: int) -> str:
        if self.method != "automatic":
            return self.method
        if self._calibration:
            return "density_matrix"
        return "statevector" if n_qubits <= _LIMITS["statevector"] else "matrix_product_state"

    def _most_qubits(self, limit: int) -> str:
        noise = "with noise" if self._calibration else "without noise"
        advice = "Use fewer qubits, or method automatic without noise."
        if self._calibration and self.method != "matrix_product_state":
            advice = "Use fewer qubits, no noise, or method matrix_product_state, which is slow."
        return f"Aer, method {self.method}, {noise}, takes at most {limit}. {advice}"


def _local(circuit: Circuit) -> Circuit:
    """The circuit with two-qubit gates on neighbours only, each moved there and back by swaps.

    Aer does this too, but leaves the qubits where they went: the order drifts, and a 72-qubit
    lattice that takes a second this way does not end in minutes.
    """
    operations: list[Operation] = []
    for op in circuit.operations:
        low, high = min(op.qubits), max(op.qubits)
        there = [Operation("swap", (qubit, qubit + 1)) for qubit in range(low, high - 1)]
        moved = tuple(high - 1 if qubit == low < high else qubit for qubit in op.qubits)
        operations += [*there, replace(op, qubits=moved), *reversed(there)]
    return replace(circuit, operations=tuple(operations))


def _measured(circuit: Circuit) -> QuantumCircuit:
    target = to_qiskit(circuit)
    if any(op.gate in _CONTROLLED for op in circuit.operations):
        target = target.decompose(_CONTROLLED)
    target.measure_all()
    return target


def _counts(done: Any, widths: tuple[int, ...]) -> Result:
    counts = []
    for item, width in zip(done.results, widths, strict=True):
        pairs = item.data.counts.items()
        counts.append({format(int(key, 16), f"0{width}b"): int(count) for key, count in pairs})
    return Result(tuple(counts))
