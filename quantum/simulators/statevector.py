"""The fast exact simulator: a batch of states, differentiable in inputs and angles.

The circuit is sorted into blocks (``blocks.py``), and these act on all states at once
(``steps.py``). A first layer of RY is a product state; a later one is one small real matrix product
per group of four qubits (``rotations.py``); a run of diagonal gates is one multiplication by phases
that are affine in the angles; expectation values of Z strings are |amplitude|² times a sign matrix.
States are real until a complex block comes.

The backward pass is the adjoint method (Jones and Gacon, arXiv 2009.02823): blocks are undone one
by one, on the states and on their gradients together, and each block's gradient is an inner product
of the two. So one state per sample is kept, whatever the depth; with ``recompute=True`` none is,
and the states are computed a second time. Derivatives are first order only. This module knows
nothing about adapters or backends.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quantum.circuit import Circuit
from quantum.exceptions import CircuitError
from quantum.observables import PauliString
from quantum.simulators import steps
from quantum.simulators.blocks import Block, RotationBlock, compile_blocks
from quantum.simulators.constants import constant
from quantum.simulators.rotations import GROUP, Workspace, join

__all__ = ["amplitudes", "check_shapes", "expectations"]


def expectations(
    circuit: Circuit, inputs: Tensor, angles: Tensor, *, recompute: bool = False
) -> Tensor:
    """Expectation values of the circuit's observables for a batch of inputs.

    Args:
        circuit: What to run.
        inputs: Shape ``(batch, n_inputs)``, radians, float32 or float64.
        angles: Shape ``(n_angles,)``, radians, same dtype and device.
        recompute: Trade time for memory: keep no states for the backward pass.

    Returns:
        Shape ``(batch, n_observables)``.

    Raises:
        CircuitError: Shapes or dtypes do not fit the circuit.
    """
    check_shapes(circuit, inputs, angles)
    values: Tensor = _Adjoint.apply(  # type: ignore[no-untyped-call]
        circuit, recompute, inputs, angles
    )
    return values


def check_shapes(circuit: Circuit, inputs: Tensor, angles: Tensor) -> None:
    """Check inputs and angles against a circuit.

    Raises:
        CircuitError: Shapes or dtypes do not fit.
    """
    if inputs.ndim != 2 or inputs.shape[1] < circuit.n_inputs:
        raise CircuitError(f"inputs must be (batch, {circuit.n_inputs}), got {inputs.shape}.")
    if angles.ndim != 1 or angles.shape[0] < circuit.n_angles:
        raise CircuitError(f"angles must be ({circuit.n_angles},), got {angles.shape}.")
    if inputs.dtype != angles.dtype or inputs.dtype not in (torch.float32, torch.float64):
        raise CircuitError(f"Need float32 or float64 for both, got {inputs.dtype}, {angles.dtype}.")


def amplitudes(circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
    """Final states as real planes, without gradients.

    Returns:
        Shape ``(planes, batch, 2**n_qubits)``: one plane if the circuit is real, else real and
        imaginary part.
    """
    with torch.no_grad():
        values = steps.values(compile_blocks(circuit), inputs, angles)
        return _flat(_evolve(circuit, values, len(inputs), inputs))


def _flat(state: Tensor) -> Tensor:
    """From ``(batch, high, planes, 1, low)`` to ``(planes, batch, 2**n)``."""
    return state.squeeze(3).movedim(2, 0).flatten(2)


def _evolve(circuit: Circuit, values: list[Tensor | None], batch: int, like: Tensor) -> Tensor:
    """Final states, shape ``(batch, high, planes, 1, low)``, see ``rotations.py``."""
    blocks = compile_blocks(circuit)
    size, first = 2**circuit.n_qubits, _prepared(blocks)
    if first and values[0] is not None:
        state = join(values[0], circuit.n_qubits).expand(batch, size)
    else:
        state = like.new_zeros(batch, size)
        state[:, 0] = 1
    state = state.reshape(batch, -1, 1, 1, min(size, 2**GROUP)).contiguous()
    planes = 1 + any(steps.is_complex(block) for block in blocks)
    space = Workspace(state, planes * state.numel())
    for block, value in zip(blocks[first:], values[first:], strict=True):
        state = steps.apply(block, state, value, space)
    return state


def _prepared(blocks: tuple[Block, ...]) -> int:
    """Number of blocks, one or none, that the first state contains: a product state."""
    return int(bool(blocks) and isinstance(blocks[0], RotationBlock))


def _measure(circuit: Circuit, state: Tensor) -> Tensor:
    """Expectation values from ``(batch, high, planes, 1, low)``."""
    if not all(observable.diagonal for observable in circuit.observables):
        flat = _flat(state)
        return torch.stack([_measure_one(o, flat) for o in circuit.observables], dim=1)
    signs = constant(_sign_matrix(circuit.observables, circuit.n_qubits), state)
    _, high, planes, _, low = state.shape
    rows = signs.view(high, 1, low, -1).expand(-1, planes, -1, -1).reshape(high * planes * low, -1)
    return state.square().flatten(1) @ rows


@lru_cache(maxsize=256)
def _sign_matrix(observables: tuple[PauliString, ...], n_qubits: int) -> np.ndarray[Any, Any]:
    """Eigenvalues of Z strings over the basis states, shape ``(2**n_qubits, n_observables)``."""
    states = np.arange(2**n_qubits)
    columns = []
    for observable in observables:
        sign = np.ones(len(states))
        for qubit in observable.qubits:
            sign = sign * (1 - 2 * ((states >> qubit) & 1))
        columns.append(sign)
    return np.stack(columns, axis=1) if columns else np.zeros((len(states), 0))


def _measure_one(observable: PauliString, state: Tensor) -> Tensor:
    """⟨P⟩ of one Pauli string, shape ``(batch,)``: P|s> = iⁿʸ (-1)^|s&z| |s^x>."""
    dim = state.shape[-1]
    x, z, n_y = observable.masks()
    states = np.arange(dim)
    parity = np.array([bin(value).count("1") & 1 for value in states & z])
    signs = torch.as_tensor(1.0 - 2.0 * parity, dtype=state.dtype, device=state.device)
    flipped = state[..., torch.as_tensor(states ^ x, device=state.device)]
    real = (flipped * state * signs).sum((0, 2))  # (batch,)
    if n_y % 2 == 0:
        return real * math.cos(math.pi * n_y / 2)
    if state.shape[0] == 1:
        return 0 * real  # part of the graph, so that its gradient is zero and not missing
    imag = ((flipped[0] * state[1] - flipped[1] * state[0]) * signs).sum(1)
    return -imag * math.sin(math.pi * n_y / 2)


class _Adjoint(torch.autograd.Function):
    """Expectation values with the adjoint method as their backward pass."""

    @staticmethod
    def forward(
        ctx: Any, circuit: Circuit, recompute: bool, inputs: Tensor, angles: Tensor
    ) -> Tensor:
        ctx.circuit = circuit
        values = steps.values(compile_blocks(circuit), inputs, angles)
        state = _evolve(circuit, values, len(inputs), inputs)
        ctx.save_for_backward(inputs, angles, *(() if recompute else (state,)))
        return _measure(circuit, state)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        inputs, angles, *kept = ctx.saved_tensors
        blocks = compile_blocks(ctx.circuit)
        values = steps.values(blocks, inputs, angles)
        state = kept[0] if kept else _evolve(ctx.circuit, values, len(inputs), inputs)
        state = state.detach().requires_grad_()
        with torch.enable_grad():
            (grad,) = torch.autograd.grad(_measure(ctx.circuit, state), state, grads[0])
        pair = torch.cat((state.detach(), grad), dim=3)
        space = Workspace(pair, pair.numel())
        found = torch.zeros_like(inputs), torch.zeros_like(angles)
        for number in reversed(range(len(blocks))):
            block, after = blocks[number], pair
            if number >= _prepared(blocks):
                pair = steps.apply(block, pair, values[number], space, back=True)
            steps.add_gradient(block, values[number], pair, after, inputs, found)
            if not any(steps.is_complex(earlier) for earlier in blocks[:number]):
                # Real blocks on a real state: the gradient's imaginary part has no effect.
                pair = pair[:, :, :1].contiguous()
        return None, None, *found
