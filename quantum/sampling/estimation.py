"""Expectation values from shots: which circuits to run, and what their counts say.

Observables that are Z on the same qubits after the same turns are read from the same shots; equal
circuits run once; batches are as long as the backend allows. How a batch gets to the backend is the
``Runner``'s matter: this module knows nothing about jobs, ledgers, gradients or torch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantum.backends.base import Batch, Capabilities, JobState, Result, SamplingBackend
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.measurement import MeasurementGroup, group
from quantum.exceptions import (
    BadResultError,
    CircuitError,
    JobFailedError,
    UnsupportedCircuitError,
)
from quantum.sampling import mitigation
from quantum.sampling.counts import Samples, product_rows, read_counts

Floats = NDArray[np.float64]
_ENDED = {JobState.FAILED, JobState.CANCELLED, JobState.SUBMIT_UNKNOWN}


class Runner(Protocol):
    """Runs a batch and waits for its counts."""

    def run(self, batch: Batch) -> Result:
        """Counts of the batch, one mapping a circuit.

        Raises:
            JobFailedError: The job ended without a result.
            UnsupportedCircuitError: The backend does not take this batch.
        """
        ...


@dataclass(frozen=True)
class DirectRunner:
    """Submit, wait, fetch, without a ledger: for local backends, where nothing can be spent.

    Args:
        backend: Where batches run.
        pause: Seconds between two looks at a job.
    """

    backend: SamplingBackend
    pause: float = 0.02

    def run(self, batch: Batch) -> Result:
        """Counts of the batch; see ``Runner``."""
        handle = self.backend.submit(batch, client_ref=batch.fingerprint()[:12])
        while (status := self.backend.poll(handle)).state is not JobState.DONE:
            if status.state in _ENDED:
                raise JobFailedError(f"{handle.backend}: {status.state}. {status.message}".strip())
            time.sleep(self.pause)
        return self.backend.fetch(handle)


@dataclass(frozen=True)
class Estimates:
    """Estimated expectation values and what they took.

    Attributes:
        values: Shape ``(circuits asked for, observables)``.
        stderr: Standard errors from the shots, the readout circuits' included, same shape. Readout
            mitigation makes the errors of one batch depend on one another a little.
        circuits: Circuits that were run, mitigation's included.
        batches: Batches that were run.
        shots: Shots of all circuits together.
    """

    values: Floats
    stderr: Floats
    circuits: int
    batches: int
    shots: int


@dataclass(frozen=True)
class _Plan:
    """Batches, and where each circuit's counts are: (batch, place) by circuit, group and fold."""

    batches: tuple[Batch, ...]
    groups: tuple[MeasurementGroup, ...]
    places: dict[tuple[int, int, int], tuple[int, int]]


@dataclass(frozen=True)
class Estimator:
    """Expectation values of bound circuits from a sampling backend.

    Args:
        runner: Runs batches.
        capabilities: The backend's limits.
        shots: Shots of each circuit.
        seed: Batch number i gets ``seed + i``; ``None`` leaves the choice to the backend. A backend
            that cannot be seeded only tells batches apart by it, so use another seed to have an
            equal circuit really run again.
        readout_mitigation: Adds two circuits to each batch; see ``sampling.mitigation``. The
            backend must not correct readout itself.
        zne: Runs each circuit also with folded two-qubit gates; see ``sampling.mitigation``.
    """

    runner: Runner
    capabilities: Capabilities
    shots: int
    _: KW_ONLY
    seed: int | None = None
    readout_mitigation: bool = False
    zne: bool = False

    @property
    def folds(self) -> tuple[int, ...]:
        """How many times each gate on two qubits is applied, run by run."""
        return mitigation.FOLDS if self.zne else (1,)

    def plan(self, circuits: Sequence[Circuit]) -> tuple[Batch, ...]:
        """The very batches that ``expectations`` would run; nothing is run.

        Raises:
            CircuitError: Circuits differ in qubits or observables, or are not bound.
            UnsupportedCircuitError: The backend's limits are passed.
        """
        return self._plan(circuits).batches

    def expectations(self, circuits: Sequence[Circuit]) -> Estimates:
        """Run the circuits and estimate their observables.

        Args:
            circuits: Bound circuits with the same qubits and observables.

        Raises:
            CircuitError: Circuits differ in qubits or observables, or are not bound.
            UnsupportedCircuitError: The backend's limits are passed.
            BadResultError: Counts are missing or not readable.
            JobFailedError: A job ended without a result.
        """
        plan = self._plan(circuits)
        samples = [self._samples(batch, self.runner.run(batch)) for batch in plan.batches]
        corrections = [self._correction(batch) for batch in samples]
        observables = circuits[0].observables if circuits else ()
        # (folds, circuits, observables)
        values = np.zeros((len(self.folds), len(circuits), len(observables)))
        errors = np.zeros_like(values)
        for (circuit, number, fold), (batch, place) in plan.places.items():
            correction = corrections[batch]
            outcomes = samples[batch][place]
            readings = (
                outcomes.readings()
                if correction is None
                else outcomes.readings(correction.zero, correction.one)
            )
            members = list(plan.groups[number].members)
            qubits = [observables[member].qubits for member in members]
            mean, error = outcomes.moments(product_rows(readings, qubits))
            if correction is not None:
                error = np.sqrt(np.square(error) + correction.variance(mean, qubits))
            values[fold, circuit, members], errors[fold, circuit, members] = mean, error
        identity = [place for place, item in enumerate(observables) if not item.factors]
        errors[:, :, identity] = 0.0
        value, error = values[0], errors[0]
        if len(self.folds) > 1:
            value, error = mitigation.extrapolate(values, errors)
        return Estimates(
            value,
            error,
            circuits=sum(len(batch.circuits) for batch in plan.batches),
            batches=len(plan.batches),
            shots=sum(batch.total_shots for batch in plan.batches),
        )

    def _plan(self, circuits: Sequence[Circuit]) -> _Plan:
        if not circuits:
            return _Plan((), (), {})
        self._check(circuits)
        groups = group(circuits[0].observables)
        numbers: dict[tuple[Operation, ...], int] = {}
        wanted: dict[tuple[int, int, int], int] = {}
        for index, circuit in enumerate(circuits):
            for fold, times in enumerate(self.folds):
                # Folded before the turns: these are one-qubit gates, and the same in all folds.
                body = mitigation.fold(circuit, times).operations
                for number, item in enumerate(groups):
                    key = body + item.turns()
                    wanted[index, number, fold] = numbers.setdefault(key, len(numbers))
        n_qubits = circuits[0].n_qubits
        unique = [Circuit(n_qubits, operations, name="measured") for operations in numbers]
        extra = mitigation.readout_circuits(n_qubits) if self.readout_mitigation else ()
        length = self._batch_length(len(extra), len(unique))
        batches = tuple(
            Batch(
                (*extra, *unique[start : start + length]),
                self.shots,
                None if self.seed is None else self.seed + start // length,
            )
            for start in range(0, len(unique), length)
        )
        places = {
            key: (number // length, len(extra) + number % length) for key, number in wanted.items()
        }
        return _Plan(batches, groups, places)

    def _check(self, circuits: Sequence[Circuit]) -> None:
        first = circuits[0]
        for number, circuit in enumerate(circuits):
            if (circuit.n_qubits, circuit.observables) != (first.n_qubits, first.observables):
                raise CircuitError(
                    f"Circuit {number} differs from the first in its qubits or observables; "
                    "estimate them in separate calls."
                )
        limits = self.capabilities
        if first.n_qubits > limits.max_qubits:
            raise UnsupportedCircuitError(
                f"{first.name} has {first.n_qubits} qubits; {limits.title} takes at most "
                f"{limits.max_qubits}."
            )
        if limits.max_shots is not None and self.shots > limits.max_shots:
            raise UnsupportedCircuitError(
                f"{self.shots} shots a circuit; {limits.title} takes at most {limits.max_shots}."
            )

    def _batch_length(self, extra: int, total: int) -> int:
        limit = self.capabilities.max_circuits
        if limit is None:
            return max(total, 1)
        if limit <= extra:
            raise UnsupportedCircuitError(
                f"{self.capabilities.title} takes {limit} circuits a batch; readout mitigation "
                f"needs {extra} of them for itself. Switch it off."
            )
        return limit - extra

    def _samples(self, batch: Batch, result: Result) -> list[Samples]:
        if len(result.counts) != len(batch.circuits):
            raise BadResultError(
                f"{len(batch.circuits)} circuits were run, {len(result.counts)} came back.",
                raw=result.raw,
            )
        pairs = zip(result.counts, batch.circuits, strict=True)
        return [
            read_counts(counts, circuit.n_qubits, f"Circuit {number} of the batch")
            for number, (counts, circuit) in enumerate(pairs)
        ]

    def _correction(self, samples: list[Samples]) -> mitigation.ReadoutCorrection | None:
        if not self.readout_mitigation:
            return None
        return mitigation.ReadoutCorrection.measured(samples[0], samples[1])
