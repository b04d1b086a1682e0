"""What a run page shows about a model's circuits: statistics of their gradient.

It reads gradients after ``backward`` and changes nothing; it knows nothing about the training loop.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn

from quantum.adapters.qtha.cell import QTHACell

__all__ = ["CircuitReport", "circuit_report"]


@dataclass(frozen=True)
class CircuitReport:
    """Statistics over all circuit angles of all adapted modules.

    Attributes:
        parameters: Number of trainable circuit angles.
        gradient_variance: Variance of their gradient (population), ``None`` before backward.
        gradient_norm: Its Euclidean norm, ``None`` before backward.
    """

    parameters: int
    gradient_variance: float | None
    gradient_norm: float | None

    def as_dict(self) -> dict[str, float | int | None]:
        """As plain data for an event log."""
        return asdict(self)


def circuit_report(model: nn.Module) -> CircuitReport:
    """Statistics of the circuits' gradient; call after ``backward``, before ``zero_grad``.

    Inactive adapters (frozen angles) are left out. A vanishing variance is a barren plateau
    (McClean et al., Nature Communications 9, 4812, 2018).

    Args:
        model: Any module, usually the ``PeftModel``; without circuits all counts are zero.
    """
    angles = [
        cell.angles
        for cell in model.modules()
        if isinstance(cell, QTHACell) and cell.circuit is not None and cell.angles.requires_grad
    ]
    count = sum(parameter.numel() for parameter in angles)
    gradients = [parameter.grad.flatten() for parameter in angles if parameter.grad is not None]
    if not gradients:
        return CircuitReport(count, None, None)
    joined = torch.cat(gradients).double()
    variance = joined.var(correction=0)
    variance_value, norm_value = torch.stack((variance, joined.norm())).tolist()
    return CircuitReport(count, variance_value, norm_value)
