"""The circuits inside a model with adapters: where they run and what they take.

For the trainer and the run page. It knows no particular adapter (``host.py``) and
nothing about the training loop, jobs or keys.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from quantum.adapters.host import SampledCircuits, hosted_circuits
from quantum.backends.base import Capabilities
from quantum.circuits.circuit import Circuit
from quantum.circuits.observables import PauliString
from quantum.gradients.exact import exact_values
from quantum.sampling.estimation import Runner
from quantum.simulators import statevector, subcircuits

_MAX_AMPLITUDES = 2**20  # of one measure of entanglement: fractions of a second
_SAMPLED_INPUTS = 8


@dataclass(frozen=True)
class StepCost:
    """What one optimizer step has a sampling backend run; zeros where values are exact.

    Attributes:
        circuits: Circuits, mitigation's included.
        batches: Submissions.
        shots: Shots of all circuits together.
    """

    circuits: int
    batches: int
    shots: int

    def as_dict(self) -> dict[str, int]:
        """As plain data."""
        return asdict(self)


def set_runner(model: nn.Module, runner: Runner, capabilities: Capabilities) -> None:
    """Let a runner run the model's sampled circuits from now on.

    Adapters on an exact backend are left alone. A runner also allows circuits to be run for an
    evaluation; an adapter that is only used has none and answers from its saved values.

    Args:
        model: Base with adapters.
        runner: Runs batches.
        capabilities: The limits of the backend behind it.
    """
    for circuits in _sampled(model):
        if not circuits.exact:
            circuits.set_runner(runner, capabilities)


def measure(model: nn.Module) -> None:
    """Bring all circuit values up to date, so that a checkpoint holds those of its own angles.

    Runs the unshifted circuits where angles have changed since they were measured, else nothing.
    """
    for circuits in _sampled(model):
        circuits.measure()


def circuit_cost(model: nn.Module) -> StepCost:
    """What the next optimizer step will have run; nothing is run.

    Raises:
        UnsupportedCircuitError: The backend's limits are passed.
    """
    batches = [batch for circuits in _sampled(model) for batch in circuits.step_batches()]
    return StepCost(
        circuits=sum(len(batch.circuits) for batch in batches),
        batches=len(batches),
        shots=sum(batch.total_shots for batch in batches),
    )


@torch.no_grad()
def entanglement(model: nn.Module) -> float | None:
    """Mean Meyer-Wallach measure of the circuits' states: 0 for products, 1 at most.

    ``Q = 2 (1 - mean_i Tr ρ_i²)`` (Meyer and Wallach, J. Math. Phys. 43, 4273, 2002; in this form
    Brennen, Quantum Inf. Comput. 3, 619, 2003), from each qubit's exact ⟨X⟩, ⟨Y⟩, ⟨Z⟩. Circuits
    that depend on the data are taken at eight inputs drawn once from the standard normal
    distribution, the same ones each time, so that the number follows the angles alone.

    Returns:
        ``None`` without circuits, and where simulating them would take too long.
    """
    by_circuit: dict[Circuit, list[Tensor]] = {}
    for hosted in hosted_circuits(model):
        angles = by_circuit.setdefault(hosted.circuit, [])
        angles.append(hosted.angles.detach().float().cpu())
    measures: list[Tensor] = []
    for circuit, rows in by_circuit.items():
        whole = _tomography(circuit)
        if not circuit.n_inputs:
            if not _cheap(whole, len(rows)):
                return None
            measures.append(_meyer_wallach(exact_values(whole, torch.stack(rows))))
            continue
        draw = torch.Generator().manual_seed(0)
        inputs = torch.randn(_SAMPLED_INPUTS, circuit.n_inputs, generator=draw)
        for row in rows:
            values = statevector.expectations(whole, inputs, row)
            measures.append(_meyer_wallach(values).mean().reshape(1))
    return torch.cat(measures).mean().item() if measures else None


def _tomography(circuit: Circuit) -> Circuit:
    """The circuit with X, Y and Z of every qubit as observables."""
    wanted = tuple(
        PauliString(((qubit, letter),)) for qubit in range(circuit.n_qubits) for letter in "XYZ"
    )
    return Circuit(circuit.n_qubits, circuit.operations, wanted, circuit.name)


def _meyer_wallach(values: Tensor) -> Tensor:
    """From ⟨X⟩, ⟨Y⟩, ⟨Z⟩ of each qubit, ``(states, 3 n)``: Tr ρ² = (1 + |r|²) / 2."""
    radii = values.double().reshape(len(values), -1, 3).square().sum(2)  # (states, n)
    return 1 - radii.mean(1)


def _cheap(circuit: Circuit, times: int) -> bool:
    if not subcircuits.supports(circuit):
        return False
    return subcircuits.total_amplitudes(circuit) * times <= _MAX_AMPLITUDES


def _sampled(model: nn.Module) -> list[SampledCircuits]:
    """Each adapter's circuits once, where they may be sampled."""
    hosts = (hosted.sampled for hosted in hosted_circuits(model))
    return list({id(circuits): circuits for circuits in hosts if circuits is not None}.values())
