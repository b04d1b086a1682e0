"""A frozen trigonometric polynomial with a circuit's frequencies and light cones, without gates.

    z_f(θ) = Σ over a in A_f of (c_fa cos θ_a + s_fa sin θ_a) / sqrt(|A_f|)

A_f holds the angles in the light cone of value f, and c, s are ±1, drawn by SHAKE-256 from a name.
Each angle of the circuit turns one gate RY, so each of its values is, in one angle, a + b cos θ_a +
c sin θ_a with one frequency; so is z_f. The circuit's products of several angles are left out. Over
angles drawn from the whole circle z_f has mean 0 and variance 1. This module knows nothing about
layers, nor how circuits are run.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from quantum.adapters.qgs.signs import sign_matrix
from quantum.circuits.circuit import Circuit
from quantum.circuits.light_cones import parameters_of


class FrozenPolynomial:
    """The polynomial in a circuit's place; its coefficients are made at their first use.

    Args:
        name: What the signs are drawn from, e.g. seed and block.
        circuit: Gives the angles, the values and the light cones.
    """

    def __init__(self, name: str, circuit: Circuit) -> None:
        self.name, self.circuit = name, circuit
        self._coefficients: Tensor | None = None

    def on(self, device: torch.device) -> Tensor:
        """Coefficients of all cosines, then of all sines, ``(n_values, 2 n_angles)``, float32."""
        if self._coefficients is None or self._coefficients.device != device:
            with torch.inference_mode(False):
                cones = torch.tensor(_cones(self.circuit), dtype=torch.float32)
                sizes = cones.sum(1, keepdim=True).clamp(min=1)  # (n_values, 1)
                weights = (cones / sizes.sqrt()).repeat(1, 2)  # (n_values, 2 n_angles)
                self._coefficients = (sign_matrix(self.name, *weights.shape).sign() * weights).to(
                    device
                )
        return self._coefficients

    def change(self, angles: Tensor, start: Tensor) -> Tensor:
        """``z(angles) - z(start)``, ``(n_values,)``: exactly zero where the two are equal.

        Args:
            angles: Shape ``(n_angles,)``, radians, float32.
            start: As ``angles``.
        """
        cosines, sines = angles.cos() - start.cos(), angles.sin() - start.sin()
        return self.on(angles.device) @ torch.cat((cosines, sines))


@lru_cache(maxsize=16)
def _cones(circuit: Circuit) -> tuple[tuple[bool, ...], ...]:
    """For each value, whether it feels each angle."""
    felt = (parameters_of(circuit, observable) for observable in circuit.observables)
    return tuple(tuple(a in cone for a in range(circuit.n_angles)) for cone in felt)
