"""Qiskit Aer: shots in this process, ideal or with a chip's noise model; seeded.

A batch runs as one call when it is submitted, and its counts are kept until later batches push them
out: a job here does not outlive the process. This module knows nothing about gradients, ledgers or
how noise is modelled.
"""

from __future__ import annotations

import os
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from quantum.backends.base import Batch, Capabilities, Cost, Handle, JobState, Result, Status
from quantum.chips.calibration import Calibration
from quantum.chips.published import noise_label, published_72
from quantum.chips.routing import place
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import BadResultError, UnsupportedCircuitError
from quantum.sampling.noise import native_circuit, noise_model

__all__ = ["AerBackend"]

_MAX_SHOTS = 1_000_000
_KEPT_RESULTS = 16
# Trainers use threads too; two cores are what the smallest machines have.
_THREADS = min(2, os.cpu_count() or 1)
# A density matrix of 12 qubits takes 256 MB, a state of 26 qubits 1 GB. Matrix product states grow
# with entanglement, not width.
_LIMITS = {"density_matrix": 12, "statevector": 26, "matrix_product_state": 200}
_NOISY_STATEVECTOR_LIMIT = 20  # one run a shot
# Aer's density matrices and matrix product states do not know these by name.
_CONTROLLED = ["crx", "cry", "crz"]


class AerBackend:
    """Aer as a sampling backend.

    Args:
        options: ``method``, ``noise`` and ``seed``, as in the registry; a batch's own seed wins.
        calibration: A chip to model instead of the one that ``noise`` names.
    """

    def __init__(
        self, options: Mapping[str, Any] | None = None, *, calibration: Calibration | None = None
    ) -> None:
        given = options or {}
        self.method = str(given.get("method", "automatic"))
        self.seed = int(given.get("seed", 0))
        if calibration is None and given.get("noise", "none") == "chip72":
            calibration = published_72()
        self._calibration = calibration
        self._results: OrderedDict[str, Result | str] = OrderedDict()

    def capabilities(self) -> Capabilities:
        """What this backend can do with its options."""
        noise = self._calibration
        return Capabilities(
            name="aer",
            title=f"Aer with noise ({noise_label(noise)})" if noise else "Aer simulator",
            max_qubits=min(self._limit(), noise.n_qubits) if noise else self._limit(),
            differentiable=False,
            exact=False,
            billable=False,
            seedable=True,
            max_shots=_MAX_SHOTS,
            couplers=noise.live_couplers if noise else None,
        )

    def calibration(self) -> Calibration | None:
        """The modelled chip's figures; ``None`` without noise."""
        return self._calibration

    def estimate(self, batch: Batch) -> Cost:
        """Counts of circuits and shots; no processor time, nothing is billed.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots for the method.
        """
        self._check(batch)
        return Cost(len(batch.circuits), batch.total_shots, 1, (0.0, 0.0))

    def submit(self, batch: Batch, client_ref: str) -> Handle:
        """Run the batch here and now.

        Raises:
            UnsupportedCircuitError: Too many qubits or shots, or no place on the chip.
        """
        self._check(batch)
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
        handle = Handle("aer", uuid.uuid4().hex, len(circuits), batch.shots, widths)
        self._keep(handle, _counts(done, widths) if done.success else str(done.status))
        return handle

    def poll(self, handle: Handle) -> Status:
        """Done, or failed with Aer's words."""
        found = self._results.get(handle.job_id, _LOST)
        return Status(JobState.FAILED, found) if isinstance(found, str) else Status(JobState.DONE)

    def fetch(self, handle: Handle) -> Result:
        """Counts of a batch.

        Raises:
            BadResultError: The batch failed, or its counts are gone.
        """
        found = self._results.get(handle.job_id, _LOST)
        if isinstance(found, str):
            raise BadResultError(f"Aer: {found}")
        return found

    def cancel(self, handle: Handle) -> bool:
        """Never: a batch has ended when ``submit`` returns."""
        return False

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
                f"{self._description()} takes at most {self._limit()}. {self._advice()}"
            )
        number = {chip: index for index, chip in enumerate(qubits)}
        native = []
        for item in placed:
            operations = tuple(
                replace(op, qubits=tuple(number[qubit] for qubit in op.qubits))
                for op in item.circuit.operations
            )
            compact = Circuit(len(qubits), operations, name=item.circuit.name)
            measured = [number[qubit] for qubit in item.measured]
            native.append(native_circuit(compact, calibration, qubits, measured))
        return noise_model(calibration, qubits), native

    def _keep(self, handle: Handle, result: Result | str) -> None:
        self._results[handle.job_id] = result
        while len(self._results) > _KEPT_RESULTS:
            self._results.popitem(last=False)

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

    def _check(self, batch: Batch) -> None:
        if batch.shots > _MAX_SHOTS:
            raise UnsupportedCircuitError(
                f"{batch.shots} shots a circuit; Aer takes at most {_MAX_SHOTS} here."
            )
        limit = self.capabilities().max_qubits
        for number, circuit in enumerate(batch.circuits):
            if circuit.n_qubits > limit:
                raise UnsupportedCircuitError(
                    f"Circuit {number} has {circuit.n_qubits} qubits; {self._description()} takes "
                    f"at most {limit}. {self._advice()}"
                )

    def _description(self) -> str:
        noise = "with noise" if self._calibration else "without noise"
        return f"Aer, method {self.method}, {noise},"

    def _advice(self) -> str:
        if self._calibration and self.method != "matrix_product_state":
            return "Use fewer qubits, no noise, or method matrix_product_state, which is slow."
        return "Use fewer qubits, or method automatic without noise."


_LOST = "This process has no counts of that batch any more; run it again."


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
    found = []
    for item, width in zip(done.results, widths, strict=True):
        pairs = item.data.counts.items()
        found.append({format(int(key, 16), f"0{width}b"): int(count) for key, count in pairs})
    return Result(tuple(found))
