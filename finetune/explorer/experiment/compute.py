"""Running one experiment: exact values, sampled values of each backend, drawings and exports.

A backend that fails says why in its own column; the others go on. Batches for hardware are planned
here and never sent from here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from quantum.backends.base import Batch, Capabilities, Result
from quantum.backends.registry import BACKENDS, make_sampler
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72
from quantum.circuits.circuit import Circuit
from quantum.exceptions import QuantumError
from quantum.sampling.estimation import DirectRunner, Estimator, Runner

from .export import exports
from .spec import NOISY, Spec, backend_choices

TOP = 10
MAX_DRAWN = 400  # gates: a larger drawing can be read by nobody


class NotThere(Exception):
    """A batch whose counts are not back yet."""


class Recording:
    """A runner that keeps what it ran, so that counts can be shown beside the values."""

    def __init__(self, inner: Runner) -> None:
        self.inner = inner
        self.kept: list[tuple[Batch, Result]] = []

    def run(self, batch: Batch) -> Result:
        result = self.inner.run(batch)
        self.kept.append((batch, result))
        return result

    def counts_of(self, circuit: Circuit) -> tuple[Mapping[str, int], bool]:
        """Counts of the circuit as it is, and whether they were made from probabilities."""
        for batch, result in self.kept:
            for place, one in enumerate(batch.circuits):
                if one.operations == circuit.operations:
                    return result.counts[place], result.from_probabilities
        return {}, False


class Stored:
    """A runner that only looks up results which somebody else has fetched, by fingerprint."""

    def __init__(self, results: Mapping[str, Result]) -> None:
        self.results = results

    def run(self, batch: Batch) -> Result:
        found = self.results.get(batch.fingerprint())
        if found is None:
            raise NotThere
        return found


def compute(values: Mapping[str, Any]) -> dict[str, Any]:
    """The result of an experiment as JSON data.

    Args:
        values: `Spec.to_dict()` and beside it `noise_figures` (JSON of a calibration, if a stored
            one was chosen), `results` (fingerprint to JSON of a `Result`, of hardware) and
            `hardware` (name to capabilities, where they are known).

    Raises:
        CircuitError: the circuit cannot be read.
    """
    spec = Spec.from_dict(values)
    circuit = spec.circuit()
    exact, exact_problem = exact_values(circuit)
    found: dict[str, Any] = {
        "circuit": circuit.describe(),
        "exact": exact,
        "exact_problem": exact_problem,
        "exports": exports(circuit),
        "backends": [],
        "batches": [],
    }
    for name in spec.backends:
        if name in BACKENDS and BACKENDS[name].exact:
            continue  # the exact values stand beside every other column anyway
        column: dict[str, Any] = {"name": name, "title": backend_choices()[name][0]}
        began = time.perf_counter()
        try:
            if name in spec.hardware:
                column |= hardware_column(spec, circuit, values, found["batches"])
            else:
                column |= sampled_column(spec, circuit, name, values)
        except QuantumError as error:
            column |= {"state": "failed", "message": str(error)}
        column["wall"] = round(time.perf_counter() - began, 3)
        found["backends"].append(column)
    return found


def exact_values(circuit: Circuit) -> tuple[list[float] | None, str]:
    """Expectation values of the exact simulator, or why there are none."""
    import torch

    from quantum.backends.registry import get_backend

    backend = get_backend("statevector")
    try:
        found = backend.expectations(
            circuit, torch.zeros(1, 0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
        )
    except QuantumError as error:
        return None, str(error)
    return [float(value) for value in found[0]], ""


def sampled_column(
    spec: Spec, circuit: Circuit, name: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    if name != NOISY:
        backend = make_sampler(name)
        return estimated(spec, circuit, DirectRunner(backend), backend.capabilities())
    from .on_chip import OnChip

    figures = values.get("noise_figures")
    chip = OnChip(Calibration.from_json(figures) if figures else published_72())
    return estimated(spec, circuit, chip, chip.capabilities(), mitigated=True)


def hardware_column(
    spec: Spec, circuit: Circuit, values: Mapping[str, Any], batches: list[str]
) -> dict[str, Any]:
    """Values where all counts are back; else the batches that have to be sent.

    Where the chip's figures are known, a circuit that has no place on it is refused before anybody
    is asked for consent.
    """
    limits = Capabilities(**values["hardware"])
    planned = Estimator(
        Stored({}),
        limits,
        spec.shots,
        seed=spec.seed,
        readout_mitigation=spec.readout_mitigation,
        zne=spec.zne,
    ).plan([circuit])
    if values.get("chip_figures"):
        from quantum.chips.routing import place

        for batch in planned:
            place(batch.circuits, Calibration.from_json(values["chip_figures"]))
    batches += [batch.to_json() for batch in planned]
    known = {
        fingerprint: Result.from_json(text)
        for fingerprint, text in (values.get("results") or {}).items()
    }
    try:
        return estimated(spec, circuit, Stored(known), limits, mitigated=True)
    except NotThere:
        return {"state": "waiting"}


def estimated(
    spec: Spec, circuit: Circuit, runner: Runner, limits: Capabilities, *, mitigated: bool = False
) -> dict[str, Any]:
    recording = Recording(runner)
    estimates = Estimator(
        recording,
        limits,
        spec.shots,
        seed=spec.seed,
        readout_mitigation=mitigated and spec.readout_mitigation,
        zne=mitigated and spec.zne,
    ).expectations([circuit])
    counts, rounded = recording.counts_of(circuit)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return {
        "state": "done",
        "values": [float(value) for value in estimates.values[0]],
        "stderr": [float(value) for value in estimates.stderr[0]],
        "counts": [[bits, int(times)] for bits, times in most],
        "outcomes": len(counts),
        "from_probabilities": rounded,
        "circuits": estimates.circuits,
        "batches": estimates.batches,
        "shots": estimates.shots,
    }
