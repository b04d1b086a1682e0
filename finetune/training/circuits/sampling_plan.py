"""How many circuits a run samples, told before it starts; pure counting, no torch.

Covers adapters whose circuits hold no data, one for each block of the model: their number depends
neither on the batch nor on the length of the dialogues. Tests hold it against what a run does.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from finetune.training.circuits.kept import calibration_read
from finetune.training.settings import RunSettings
from quantum.adapters.registry import get_adapter
from quantum.adapters.spec import block_of
from quantum.backends.registry import BACKENDS, BackendSpec
from quantum.chips.couplers import connected_parts
from quantum.sampling.costs import MAX_CIRCUITS, Cost, Tariff, sampling_cost

from .backends import backends_of, cloud_limits

READOUT_CIRCUITS = 2  # all 0 and all 1, in each batch
ZNE_FOLDS = 2  # each circuit as it is, and with folded two-qubit gates


@dataclass(frozen=True)
class Part:
    """What is done again and again in a run: how often, and what it samples each time.

    Attributes:
        times: how often.
        circuits: circuits each time.
        batches: submissions each time.
        shots: shots of each circuit.
    """

    times: int
    circuits: int
    batches: int
    shots: int


@dataclass(frozen=True)
class SamplingPlan:
    """Circuits and batches of one run.

    Attributes:
        backend: what samples them.
        qubits: qubits of each circuit.
        joined: the most of them that gates join with each other.
        blocks: blocks of the model, each with a circuit of its own.
        start: what comes before the first step, which all later ones build on.
        step: an optimizer step.
        evaluation: an evaluation.
    """

    backend: BackendSpec
    qubits: int
    joined: int
    blocks: int
    start: Part
    step: Part
    evaluation: Part

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that is sampled."""
        return self.start, self.step, self.evaluation

    @property
    def circuits(self) -> int:
        """Circuits of the whole run."""
        return sum(part.times * part.circuits for part in self.parts)

    @property
    def batches(self) -> int:
        """Submissions of the whole run."""
        return sum(part.times * part.batches for part in self.parts)

    @property
    def total_shots(self) -> int:
        """Shots of all circuits together."""
        return sum(part.times * part.circuits * part.shots for part in self.parts)

    def cost(self, tariff: Tariff | None = None) -> Cost:
        """What the whole run takes: start, steps and evaluations, each in batches of its own."""
        costs = [
            (part.times, sampling_cost(part.circuits, part.shots, MAX_CIRCUITS, tariff))
            for part in self.parts
            if part.times and part.circuits
        ]
        money = [times * cost.money for times, cost in costs if cost.money is not None]
        low, high = (sum(times * cost.seconds[end] for times, cost in costs) for end in (0, 1))
        return Cost(
            circuits=self.circuits,
            shots=self.total_shots,
            batches=self.batches,
            seconds=(low, high),
            money=sum(money) if money else None,
            currency=tariff.currency if tariff and money else "",
        )


def sampling_plan(
    settings: RunSettings, modules: Collection[str], *, continued: bool = False
) -> SamplingPlan | None:
    """Count the circuits of a run; None where there are no circuits, or they are not sampled.

    Args:
        settings: what goes together (`finetune.training.conflicts`).
        modules: names of the linear layers that get an adapter.
        continued: whether the run goes on from another one's adapter, whose values are then
            measured before the first step.
    """
    spec, place = get_adapter(settings.adapter), BACKENDS[settings.backend]
    if place.exact or spec.sampled is None or place.name not in backends_of(spec):
        return None
    circuit, options, blocks = settings.circuit(), settings.options, len(blocks_of(modules))
    if circuit is None or not blocks:
        return None
    limits = cloud_limits(place.name, settings.backend_options) if place.billable else None
    folds = ZNE_FOLDS if options.get("zne") else 1
    extra = READOUT_CIRCUITS if options.get("readout_mitigation") else 0
    shots = int(options["shots"])
    start_shots = spec.sampled.start_shots * shots
    most_shots = (limits.max_shots if limits else None) or start_shots

    def part(times: int, each: int, shots: int = shots) -> Part:
        """`each` circuits in every block."""
        circuits = blocks * each * folds
        most = limits.max_circuits if limits else None
        batches = min(1, circuits) if most is None else math.ceil(circuits / (most - extra))
        return Part(times, circuits + batches * extra, batches, shots)

    figures = settings.calibration if settings.on_chip else ""
    each_step = block_circuits(spec.name, tuple(sorted(options.items())), figures)
    evaluations = evaluations_of(settings.steps, settings.eval_every) + continued
    return SamplingPlan(
        backend=place,
        qubits=circuit.n_qubits,
        joined=len(connected_parts(range(circuit.n_qubits), circuit.pairs())[0]),
        blocks=blocks,
        start=part(1, 1, max(shots, min(start_shots, most_shots))),
        step=part(settings.steps, each_step),
        # A circuit that stays as it is runs once, at the start.
        evaluation=part(evaluations, 1 if each_step else 0),
    )


def evaluations_of(steps: int, every: int) -> int:
    """Return the evaluations after a step; the one before the first finds its values measured."""
    return len({*range(every, steps + 1, every), steps}) if every else 1


@lru_cache(maxsize=256)
def block_circuits(
    adapter: str, options: tuple[tuple[str, Any], ...], calibration: str = ""
) -> int:
    """Return the circuits of one block in one step; kept, since the form asks often."""
    sampled = get_adapter(adapter).sampled
    assert sampled is not None
    return sampled.circuits_per_step(
        dict(options), calibration_read(calibration) if calibration else None
    )


def blocks_of(modules: Collection[str]) -> set[str]:
    """Return the model's blocks among names such as `model.layers.3.self_attn.q_proj`."""
    return {block_of(name) for name in modules}
