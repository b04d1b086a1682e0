"""The exact simulator as a backend: picks the faster of the two exact methods.

Circuits with small light cones go to ``simulators.lightcone``, all others evolve the whole state
(``simulators.statevector``). This module knows nothing about shots or noise.
"""

from __future__ import annotations

from torch import Tensor

from quantum.backends.base import Capabilities
from quantum.calibration import Calibration
from quantum.circuit import Circuit
from quantum.exceptions import UnsupportedCircuitError
from quantum.simulators import lightcone, statevector

__all__ = ["StatevectorBackend"]

_MAX_QUBITS = 16


class StatevectorBackend:
    """Exact, differentiable, on CPU and CUDA, in float32 and float64.

    Args:
        recompute: Keep no states for the backward pass; see ``simulators.statevector``.
    """

    def __init__(self, *, recompute: bool = True) -> None:
        self.recompute = recompute

    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return Capabilities(
            name="statevector",
            title="Exact simulator",
            max_qubits=_MAX_QUBITS,
            differentiable=True,
            exact=True,
            billable=False,
            seedable=True,
        )

    def calibration(self) -> Calibration | None:
        """None: this simulator is ideal."""
        return None

    def expectations(self, circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
        """Exact expectation values, differentiable in inputs and angles.

        Args:
            circuit: What to run; above 16 qubits its light cones must be small.
            inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
            angles: Shape ``(n_angles,)``, radians, same dtype and device.

        Returns:
            Shape ``(batch, n_observables)``.

        Raises:
            UnsupportedCircuitError: Too many qubits.
            CircuitError: Shapes or dtypes do not fit.
        """
        statevector.check_shapes(circuit, inputs, angles)
        if lightcone.supports(circuit):
            return lightcone.expectations(circuit, inputs, angles)
        if circuit.n_qubits > _MAX_QUBITS:
            raise UnsupportedCircuitError(
                f"{circuit.name} has {circuit.n_qubits} qubits with wide light cones; the exact "
                f"simulator holds whole states up to {_MAX_QUBITS}. Use fewer qubits or layers."
            )
        return statevector.expectations(circuit, inputs, angles, recompute=self.recompute)
