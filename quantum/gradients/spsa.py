"""Averaged SPSA: a Jacobian estimated from random directions, two circuits a direction.

All angles of a circuit move at once along a vector of ±1, so the number of circuits depends
neither on the number of angles nor on the light cones; the price is variance, which falls with the
number of directions (Spall, IEEE Trans. Autom. Control 37, 332, 1992). It knows nothing about how
circuits are run.
"""

from __future__ import annotations

import torch
from torch import Tensor

DEFAULT_STEP = 0.2  # radians: small against a period, large against the noise of 1,000 shots


def directions(blocks: int, samples: int, n_angles: int, seed: int) -> Tensor:
    """Vectors of ±1, shape ``(blocks, samples, n_angles)``, float32 on the CPU."""
    generator = torch.Generator().manual_seed(seed)
    bits = torch.randint(0, 2, (blocks, samples, n_angles), generator=generator)
    return bits.float() * 2 - 1


def spsa_rows(angles: Tensor, moves: Tensor, step: float) -> Tensor:
    """Angles of the displaced circuits.

    Args:
        angles: Shape ``(blocks, n_angles)``.
        moves: Directions, shape ``(blocks, samples, n_angles)``.
        step: Length of a displacement along each angle, radians.

    Returns:
        Shape ``(blocks, 2 * samples, n_angles)``: forward ones first.
    """
    moves = moves.to(angles) * step
    return angles.unsqueeze(1) + torch.cat((moves, -moves), dim=1)


def spsa_slopes(values: Tensor, moves: Tensor, step: float) -> Tensor:
    """The Jacobian's estimate: mean over directions of ``(f₊ - f₋) / 2c ⊗ direction``.

    Args:
        values: Of the rows of ``spsa_rows``, shape ``(blocks, 2 * samples, n_observables)``.
        moves: The same directions.
        step: The same displacement.

    Returns:
        Shape ``(blocks, n_observables, n_angles)``.
    """
    samples = moves.shape[1]
    slopes = (values[:, :samples] - values[:, samples:]) / (2 * step)  # (blocks, samples, F)
    return slopes.transpose(1, 2) @ moves.to(values) / samples
