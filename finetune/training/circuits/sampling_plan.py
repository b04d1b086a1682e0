"""How many circuits a run samples, told before it starts; pure counting, no torch.

Covers adapters whose circuits hold no data, one for each block of the model: their number depends
neither on the batch nor on the length of the dialogues. Tests hold it against what a run does.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quantum.adapters.registry import get_adapter
from quantum.adapters.spec import block_of
from quantum.backends.base import Cost
from quantum.chips.couplers import connected_parts
from quantum.sampling.costs import MAX_CIRCUITS, Tariff, sampling_cost

from .backends import calibration_read, on_chip, run_chip

READOUT_CIRCUITS = 2  # all 0 and all 1, in each batch
ZNE_FOLDS = 2  # each circuit as it is, and with folded two-qubit gates


@dataclass(frozen=True)
class SamplingPlan:
    """Circuits and batches of one run.

    Attributes:
        qubits: qubits of each circuit.
        joined: the most of them that gates join with each other.
        blocks: blocks of the model, each with a circuit of its own.
        shots: shots of each circuit.
        start_shots: shots of each circuit before the first step, which all later ones build on.
        start: circuits before the first step.
        per_step: circuits of one optimizer step.
        per_evaluation: circuits of one evaluation.
        start_batches: submissions before the first step.
        step_batches: submissions of one optimizer step.
        evaluation_batches: submissions of one evaluation.
        steps: optimizer steps.
        evaluations: evaluations.
    """

    qubits: int
    joined: int
    blocks: int
    shots: int
    start_shots: int
    start: int
    per_step: int
    per_evaluation: int
    start_batches: int
    step_batches: int
    evaluation_batches: int
    steps: int
    evaluations: int

    @property
    def circuits(self) -> int:
        """Circuits of the whole run."""
        return self.start + self.steps * self.per_step + self.evaluations * self.per_evaluation

    @property
    def batches(self) -> int:
        """Submissions of the whole run."""
        return (
            self.start_batches
            + self.steps * self.step_batches
            + self.evaluations * self.evaluation_batches
        )

    @property
    def total_shots(self) -> int:
        """Shots of all circuits together."""
        return self.start * self.start_shots + (self.circuits - self.start) * self.shots

    def cost(self, tariff: Tariff | None = None) -> Cost:
        """What the whole run takes: start, steps and evaluations, each in batches of its own."""
        parts = (
            (1, self.start, self.start_shots),
            (self.steps, self.per_step, self.shots),
            (self.evaluations, self.per_evaluation, self.shots),
        )
        costs = [
            (times, sampling_cost(circuits, shots, MAX_CIRCUITS, tariff))
            for times, circuits, shots in parts
            if times and circuits
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
    config: Mapping[str, Any],
    modules: Collection[str],
    *,
    max_circuits: int | None,
    max_shots: int | None,
    continued: bool = False,
) -> SamplingPlan | None:
    """Count the circuits of a run; None for an adapter that cannot train on sampled values.

    Args:
        config: fields of `RunConfig`; adapter, its options, the calibration and the number
            of steps are read.
        modules: names of the linear layers that get an adapter.
        max_circuits: most circuits in a batch; None for no limit.
        max_shots: most shots of a circuit; None for no limit.
        continued: whether the run goes on from another one's adapter, whose values are then
            measured before the first step.

    Raises:
        OptionError: an option of the adapter is wrong.
        CircuitError: the calibration is none.
    """
    spec = get_adapter(str(config["adapter"]))
    if spec.sampled is None:
        return None
    options = spec.validate({**config.get("adapter_options", {}), "backend": config["backend"]})
    circuit = spec.circuit(options, run_chip(config))
    if circuit is None:
        return None
    blocks = len(blocks_of(modules))
    folds = ZNE_FOLDS if options.get("zne") else 1
    extra = READOUT_CIRCUITS if options.get("readout_mitigation") else 0
    shots = int(options["shots"])
    start_shots = spec.sampled.start_shots * shots

    def amount(each: int) -> tuple[int, int]:
        """Circuits and batches for `each` circuits in every block."""
        circuits = blocks * each * folds
        room = None if max_circuits is None else max_circuits - extra
        batches = min(1, circuits) if room is None else math.ceil(circuits / room)
        return circuits + batches * extra, batches

    each_step = block_circuits(
        spec.name,
        tuple(sorted(options.items())),
        str(config["calibration"]) if on_chip(config) else "",
    )
    step, step_batches = amount(each_step)
    forward, forward_batches = amount(1)
    trains = bool(step)  # a circuit that stays as it is runs once, at the start
    return SamplingPlan(
        qubits=circuit.n_qubits,
        joined=len(connected_parts(range(circuit.n_qubits), circuit.pairs())[0]),
        blocks=blocks,
        shots=shots,
        start_shots=max(shots, min(start_shots, max_shots or start_shots)),
        start=forward,
        per_step=step,
        per_evaluation=forward if trains else 0,
        start_batches=forward_batches,
        step_batches=step_batches,
        evaluation_batches=forward_batches if trains else 0,
        steps=int(config["steps"]),
        evaluations=evaluations_of(int(config["steps"]), int(config.get("eval_every") or 0))
        + continued,
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
