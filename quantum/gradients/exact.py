"""Exact values and Jacobians of circuits without inputs, for many vectors of angles at once.

The Jacobian takes one backward pass: each observable gets a copy of its own light cone with angles
of its own, so the gradient of the sum of all observables holds every row. It knows nothing about
shots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from quantum.circuits.circuit import Angle, Circuit, Operation
from quantum.circuits.light_cones import trace_back
from quantum.circuits.observables import PauliString
from quantum.simulators import subcircuits
from quantum.simulators.constants import constant

exact_values = subcircuits.batched


def exact_jacobian(circuit: Circuit, angles: Tensor) -> Tensor:
    """Derivatives of all observables by all angles.

    Args:
        circuit: A circuit without inputs.
        angles: Shape ``(blocks, n_angles)``, radians, float32 or float64.

    Returns:
        Shape ``(blocks, n_observables, n_angles)``.

    Raises:
        UnsupportedCircuitError: The light cones are too wide to simulate.
    """
    blocks, n_angles = angles.shape
    unrolled = _unroll(circuit, n_angles)
    n_values = len(circuit.observables)
    if not len(unrolled.slots):
        return angles.new_zeros(blocks, n_values, n_angles)
    # Hooks of our own: those of gradient checkpointing would count what is saved in here, once.
    with torch.enable_grad(), saved_tensors_hooks(_as_it_is, _as_it_is):
        own = angles.detach().index_select(1, constant(unrolled.slots, angles)).requires_grad_()
        total = subcircuits.batched(unrolled.circuit, own).sum()
        (slopes,) = torch.autograd.grad(total, own)  # (blocks, slots)
    # An angle may occur in several gates of a cone: its slopes add up.
    jacobian = angles.new_zeros(blocks, n_values * n_angles)
    jacobian.index_add_(1, constant(unrolled.places, angles), slopes)
    return jacobian.reshape(blocks, n_values, n_angles)  # (blocks, observables, angles)


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


@dataclass(frozen=True, eq=False)
class _Unrolled:
    """All light cones side by side on qubits and angles of their own.

    Attributes:
        circuit: The wide circuit.
        slots: Original angle of each of its angles.
        places: Entry of the flattened Jacobian that each of its angles belongs to.
    """

    circuit: Circuit
    slots: NDArray[np.int64]
    places: NDArray[np.int64]


@lru_cache(maxsize=64)
def _unroll(circuit: Circuit, n_angles: int) -> _Unrolled:
    operations: list[Operation] = []
    observables: list[PauliString] = []
    slots: list[int] = []
    places: list[int] = []
    width = 0
    for row, observable in enumerate(circuit.observables):
        cone = trace_back(circuit.operations, observable)
        numbers = cone.numbers(width)
        width += len(numbers)
        for op in (circuit.operations[index] for index in cone.operations):
            source = op.source
            if isinstance(source, Angle):
                slots.append(source.index)
                places.append(row * n_angles + source.index)
                source = Angle(len(slots) - 1)
            operations.append(replace(op.renumbered(numbers), source=source))
        observables.append(observable.renumbered(numbers))
    wide = Circuit(max(width, 1), tuple(operations), tuple(observables), name=circuit.name)
    return _Unrolled(wide, np.array(slots, dtype=np.int64), np.array(places, dtype=np.int64))
