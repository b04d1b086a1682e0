"""What a run page shows about a model's circuits: their gradient, entanglement and what they took.

It reads gradients after ``backward`` and changes nothing; it knows nothing about the training loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import torch
from torch import nn

from quantum.adapters import circuits
from quantum.adapters.host import hosted_circuits


@dataclass(frozen=True)
class CircuitReport:
    """Statistics over all circuits of all active adapters.

    Attributes:
        parameters: Number of trainable circuit angles.
        gradient_variance: Variance of their gradient (population), ``None`` before backward.
        gradient_norm: Its Euclidean norm, ``None`` before backward.
        entanglement: Mean Meyer-Wallach measure, ``None`` if not asked for, without a circuit, or
            where simulating it would take too long.
        circuits_run: Circuits that were run or simulated since the run's start, also before a
            resume; of adapters that count them (``HostedCircuit.has_run``).
        batches_run: Batches that a sampling backend ran for them.
        shots_run: Shots of these batches.
    """

    parameters: int
    gradient_variance: float | None
    gradient_norm: float | None
    entanglement: float | None = None
    circuits_run: int = 0
    batches_run: int = 0
    shots_run: int = 0

    def as_dict(self) -> dict[str, float | int | None]:
        """As plain data for an event log."""
        return asdict(self)


def circuit_report(model: nn.Module, *, entanglement: bool = False) -> CircuitReport:
    """Statistics of the circuits; call after ``backward``, before ``zero_grad``.

    Inactive adapters (frozen angles) are left out of the gradient. A vanishing variance is a barren
    plateau (McClean et al., Nature Communications 9, 4812, 2018).

    Args:
        model: Any module, usually the ``PeftModel``; without circuits all counts are zero.
        entanglement: Measure entanglement too; it simulates every circuit, so ask for it once in an
            evaluation and not in each step.
    """
    angles = list(_trained_angles(model))
    count = sum(parameter.numel() for parameter in angles)
    gradients = [parameter.grad.flatten() for parameter in angles if parameter.grad is not None]
    variance = norm = None
    if gradients:
        joined = torch.cat(gradients).double()
        variance, norm = torch.stack((joined.var(correction=0), joined.norm())).tolist()
    run = [0, 0, 0]
    for hosted in hosted_circuits(model):
        if hosted.has_run is not None:
            run = [a + b for a, b in zip(run, hosted.has_run.tolist(), strict=True)]
    return CircuitReport(
        count,
        variance,
        norm,
        circuits.entanglement(model) if entanglement else None,
        circuits_run=run[0],
        batches_run=run[1],
        shots_run=run[2],
    )


def _trained_angles(model: nn.Module) -> Iterator[nn.Parameter]:
    for hosted in hosted_circuits(model):
        if isinstance(hosted.angles, nn.Parameter) and hosted.angles.requires_grad:
            yield hosted.angles
