"""The fidelity ladder: one adapter's loss with its circuits exact, by shots, with noise, on a chip.

At each rung the circuits run as in a run that goes on there: the values of the start are measured
with 16 times the shots, then those of the trained angles. Everything else of the adapter stays.
Knows no particular adapter (`quantum.adapters.host`), and nothing of keys or ledgers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from finetune.training.circuits.kept import calibration_read
from quantum.adapters.circuits import measure
from quantum.adapters.host import SampledCircuits, hosted_circuits
from quantum.backends.base import Batch, Capabilities, Result
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72
from quantum.exceptions import QuantumError
from quantum.sampling.costs import SOURCE, Tariff, sampling_cost
from quantum.sampling.estimation import DirectRunner, Runner

from .dialogues import EncodedFile
from .exceptions import EvaluationError
from .loading import Model, load_subject
from .score import computing_facts, file_read, head, measured, rows
from .subject import Subject
from .sums import Totals

EXACT, SHOTS, NOISE, CHIP = "exact", "shots", "noise", "wukong"
RUNGS = (EXACT, SHOTS, NOISE, CHIP)
DENSITY_QUBITS = 12  # as far as Aer computes noise in one go
Chip = tuple[Runner, Capabilities]


@dataclass(frozen=True)
class Climb:
    """How a ladder is climbed.

    Attributes:
        rungs: of `RUNGS`, in their order.
        shots: of each circuit; 0: the run's own, or 1,000.
        repeats: how often the rungs on Aer are measured, each time with other shots.
        calibration: the chip whose noise is modelled; None: the run's own, or the 72-qubit chip's
            published typical figures.
        chip: what runs circuits on a machine, and its limits; None: that rung is not run.
        tariff: a price, where one is known.
        wide_noise: model noise on more than 12 qubits too: shot by shot, which takes hours.
    """

    rungs: Sequence[str] = RUNGS
    shots: int = 0
    repeats: int = 1
    calibration: Calibration | None = None
    chip: Chip | None = None
    tariff: Tariff | None = None
    wide_noise: bool = False


@dataclass
class Counting:
    """A runner that remembers what it ran, and shifts seeds so that a repeat has other shots."""

    runner: Runner
    shift: int = 0
    batches: list[tuple[int, int]] = field(default_factory=list)  # circuits, shots of each
    seconds: float = 0.0

    def run(self, batch: Batch) -> Result:
        """Run a batch."""
        if self.shift and batch.seed is not None:
            batch = replace(batch, seed=(batch.seed + self.shift) % 2**31)
        started = time.monotonic()
        result = self.runner.run(batch)
        self.seconds += time.monotonic() - started
        self.batches.append((len(batch.circuits), batch.shots))
        return result


def ladder_climb(
    subject: Subject,
    data: Path,
    climb: Climb | None = None,
    limit: int = 0,
    told: Callable[[float, list[dict[str, Any]]], None] = lambda share, found: None,
) -> dict[str, Any]:
    """Load a run's model and score a file at each rung; as `ladder`, which says the rest.

    Returns:
        What a file of results says.
    """
    started = time.monotonic()
    loaded = load_subject(subject)
    file = file_read(subject, loaded, data, limit)
    rungs = ladder(subject, loaded, file, climb, told)
    return {
        **head("ladder", subject),
        "data": file.facts(),
        "computing": {
            **computing_facts(subject, loaded),
            "seconds": round(time.monotonic() - started, 2),
        },
        "rungs": rungs,
    }


def ladder(
    subject: Subject,
    loaded: Model,
    file: EncodedFile,
    climb: Climb | None = None,
    told: Callable[[float, list[dict[str, Any]]], None] = lambda share, found: None,
) -> list[dict[str, Any]]:
    """Score a file at each rung.

    Args:
        subject: a run.
        loaded: its model; its circuits are at the last rung afterwards.
        file: what is scored.
        climb: how.
        told: called after each rung with the share that is done and the rungs so far; may raise
            to leave.

    Returns:
        One entry a rung: its loss and what it took, or why it was not run.

    Raises:
        EvaluationError: the model has no circuit.
    """
    climb = climb or Climb()
    if not list(hosted_circuits(loaded.model)):
        raise EvaluationError("This adapter holds no circuit, so there is no ladder to climb.")
    found: list[dict[str, Any]] = []
    for number, rung in enumerate(climb.rungs):
        found.append(_rung(subject, loaded, file, climb, rung))
        told((number + 1) / len(climb.rungs), found)
    exact = next((one["loss"] for one in found if one["rung"] == EXACT and one["run"]), None)
    for one in found:
        if one["run"] and exact is not None:
            one["above_exact"] = one["loss"] - exact
    return found


def _rung(
    subject: Subject, loaded: Model, file: EncodedFile, climb: Climb, rung: str
) -> dict[str, Any]:
    """Return what a rung gave, or why it gives nothing."""
    circuits = _sampled(loaded.model)
    if not circuits and rung != EXACT:
        return _not_run(rung, _too_many(loaded.model, file))
    if rung == CHIP and climb.chip is None:
        return _not_run(rung, "nothing to run circuits on a machine was given")
    if rung == NOISE and _widest(loaded.model) > DENSITY_QUBITS and not climb.wide_noise:
        return _not_run(
            rung,
            f"noise on more than {DENSITY_QUBITS} qubits is computed shot by shot, which takes "
            "hours for a whole adapter (--wide-noise). Train it on fewer qubits to compare",
        )
    try:
        if rung == EXACT:
            for one in circuits:
                one.move("statevector", 1)
            return _measured(subject, loaded, file, rung, "Exact simulator", None, climb)
        return _sampled_rung(subject, loaded, file, climb, rung, circuits)
    except QuantumError as error:
        return _not_run(rung, str(error))


def _sampled_rung(
    subject: Subject,
    loaded: Model,
    file: EncodedFile,
    climb: Climb,
    rung: str,
    circuits: Sequence[SampledCircuits],
) -> dict[str, Any]:
    shots = climb.shots or int(subject.config.options.get("shots", 1000))
    runner, limits = _place(subject, loaded, climb, rung)
    shots = min(shots, limits.max_shots or shots)
    entries = []
    for repeat in range(1 if rung == CHIP else max(1, climb.repeats)):
        counting = Counting(runner, repeat * 7919)
        for one in circuits:
            one.move(limits.name, shots, (counting, limits))
        entries.append(_measured(subject, loaded, file, rung, limits.title, counting, climb))
    first = entries[0]
    if len(entries) > 1:
        first["losses"] = [entry["loss"] for entry in entries]
        first["loss"] = sum(first["losses"]) / len(entries)
    return first


def _place(subject: Subject, loaded: Model, climb: Climb, rung: str) -> Chip:
    """Return what runs the circuits of a rung, and its limits."""
    if rung == CHIP:
        assert climb.chip is not None
        return climb.chip
    from quantum.backends.aer import AerBackend

    chip = None
    options: dict[str, Any] = {}
    if rung == NOISE:
        chip = climb.calibration or _own_chip(subject) or published_72()
        if _widest(loaded.model) > DENSITY_QUBITS:
            options["method"] = "matrix_product_state"
    backend = AerBackend(options, calibration=chip)
    return DirectRunner(backend), backend.capabilities()


def _widest(model: Any) -> int:
    return max(hosted.circuit.n_qubits for hosted in hosted_circuits(model))


def _own_chip(subject: Subject) -> Calibration | None:
    text = subject.config.calibration
    return calibration_read(text) if text else None


def _measured(
    subject: Subject,
    loaded: Model,
    file: EncodedFile,
    rung: str,
    title: str,
    counting: Counting | None,
    climb: Climb,
) -> dict[str, Any]:
    """Bring the circuits' values up to date, score, and say what it took."""
    started = time.monotonic()
    measure(loaded.model)
    loaded.model.eval()  # what layers keep of the old values is dropped
    seconds = time.monotonic() - started
    scores, _ = measured(subject, loaded, file)
    batches = counting.batches if counting else []
    costs = [sampling_cost(circuits, shots, tariff=climb.tariff) for circuits, shots in batches]
    money = sum(cost.money or 0.0 for cost in costs)
    return {
        "rung": rung,
        "run": True,
        "where": title,
        "circuits": sum(cost.circuits for cost in costs),
        "batches": len(batches),
        "shots": sum(cost.shots for cost in costs),
        "circuit_seconds": round(seconds, 3),
        "machine_seconds": [
            sum(cost.seconds[0] for cost in costs),
            sum(cost.seconds[1] for cost in costs),
        ],
        "machine_seconds_source": SOURCE if costs else "",
        "cost": money if climb.tariff and costs else None,
        "currency": climb.tariff.currency if climb.tariff and costs else "",
        **Totals.of(scores).facts(),
        "dialogues": rows(scores),
    }


def _not_run(rung: str, why: str) -> dict[str, Any]:
    return {"rung": rung, "run": False, "why": why}


def _sampled(model: Any) -> list[SampledCircuits]:
    """Return each adapter's circuits once, where they may be sampled."""
    hosts = [hosted.sampled for hosted in hosted_circuits(model) if hosted.sampled is not None]
    return list({id(circuits): circuits for circuits in hosts}.values())


def _too_many(model: Any, file: EncodedFile) -> str:
    """Say what sampling would take of an adapter whose circuits hold the data."""
    tokens = sum(len(one.input_ids) for item in file.dialogues for one in item.examples)
    circuits = tokens * sum(1 for _ in hosted_circuits(model))
    low, high = sampling_cost(circuits, 1000).seconds
    return (
        f"its circuits hold the data, one for each token and layer: this file would take "
        f"{circuits:,} circuits, some {low / 3600:,.0f} to {high / 3600:,.0f} hours of a chip at "
        "1,000 shots. It is simulated exactly"
    )
