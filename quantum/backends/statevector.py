"""The exact simulator as a backend: picks the fastest of the exact methods.

1. ``simulators.lightcone``, where data enters once and the observables' light cones are small;
2. ``simulators.subcircuits``, where the cones together are much smaller than the whole state;
3. ``simulators.statevector``, the whole state.

This module knows nothing about shots or noise.
"""

from __future__ import annotations

from functools import lru_cache

from torch import Tensor

from quantum.circuits.circuit import Circuit
from quantum.exceptions import UnsupportedCircuitError
from quantum.simulators import lightcone, statevector, subcircuits

_MAX_QUBITS = 16
_KEPT_QUBITS = 8  # whose last states are kept for the backward pass
_MARGIN = 4  # a small state costs more per amplitude than a large one: each has its own angles


class StatevectorBackend:
    """Exact, differentiable, on CPU and CUDA, in float32 and float64.

    It takes any circuit up to 16 qubits, and any number of qubits where each observable feels at
    most 16 of them.

    Args:
        recompute: Keep no states for the backward pass, which costs time; see
            ``simulators.statevector``. ``None``: keep them up to 8 qubits, where a sample's state
            takes 2 KB in float32.
    """

    def __init__(self, *, recompute: bool | None = None) -> None:
        self.recompute = recompute

    def expectations(self, circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
        """Exact expectation values, differentiable in inputs and angles.

        Args:
            circuit: What to run; no observable may feel more than 16 qubits.
            inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
            angles: Shape ``(n_angles,)``, radians, same dtype and device.

        Returns:
            Shape ``(batch, n_observables)``.

        Raises:
            UnsupportedCircuitError: An observable feels too many qubits.
            CircuitError: Shapes or dtypes do not fit.
        """
        statevector.check_shapes(circuit, inputs, angles)
        if lightcone.supports(circuit):
            return lightcone.expectations(circuit, inputs, angles)
        if _by_subcircuits(circuit):
            return subcircuits.expectations(circuit, inputs, angles)
        recompute = circuit.n_qubits > _KEPT_QUBITS if self.recompute is None else self.recompute
        return statevector.expectations(circuit, inputs, angles, recompute=recompute)


@lru_cache(maxsize=256)
def _by_subcircuits(circuit: Circuit) -> bool:
    """Whether to run light cones instead of the whole state.

    Raises:
        UnsupportedCircuitError: Neither can be done.
    """
    if circuit.n_qubits <= _MAX_QUBITS:
        if not subcircuits.supports(circuit):
            return False
        return bool(_MARGIN * subcircuits.total_amplitudes(circuit) < 1 << circuit.n_qubits)
    size, observable = subcircuits.widest(circuit)
    if size > subcircuits.MAX_CONE_QUBITS:
        raise UnsupportedCircuitError(
            f"{circuit.name} has {circuit.n_qubits} qubits, and its observable {observable} feels "
            f"{size} of them. The exact simulator takes any circuit up to {_MAX_QUBITS} qubits, "
            f"and wider ones whose observables feel at most {subcircuits.MAX_CONE_QUBITS}. "
            f"Use fewer qubits, layers or couplers."
        )
    return True
