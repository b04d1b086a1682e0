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

from quantum.circuits.circuit import Circuit
from quantum.circuits.observables import PauliString
from quantum.exceptions import CircuitError
from quantum.simulators import steps
from quantum.simulators.blocks import Block, RotationBlock, compile_blocks
from quantum.simulators.constants import constant
from quantum.simulators.rotations import GROUP, Workspace, join


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
        blocks = compile_blocks(circuit)
        values = steps.values(blocks, inputs, angles)
        space = _workspace(circuit, inputs, copies=1)
        return _flat(_evolve(circuit.n_qubits, blocks, values, inputs, space)).clone()


def _flat(state: Tensor) -> Tensor:
    """From ``(batch, high, 1, planes, low)`` to ``(planes, batch, 2**n)``."""
    return state.squeeze(2).movedim(2, 0).flatten(2)


def _workspace(circuit: Circuit, inputs: Tensor, copies: int) -> Workspace:
    return Workspace.of(inputs, 2 * copies * len(inputs) << circuit.n_qubits)


def _evolve(
    n_qubits: int,
    blocks: tuple[Block, ...],
    values: list[Tensor | None],
    inputs: Tensor,
    space: Workspace,
) -> Tensor:
    """Final states in the workspace, ``(batch, high, 1, planes, low)``, see ``rotations.py``."""
    batch, size, first = len(inputs), 2**n_qubits, _prepared(blocks)
    state = space.take((batch, size), inputs)
    if first and values[0] is not None:
        state.copy_(join(values[0], n_qubits))
    else:
        state.zero_()
        state[:, 0] = 1
    state = state.view(batch, -1, 1, 1, min(size, 2**GROUP))
    for block, value in zip(blocks[first:], values[first:], strict=True):
        state = steps.apply(block, state, value, space)
    return state


def _prepared(blocks: tuple[Block, ...]) -> int:
    """Number of blocks, one or none, that the first state contains: a product state."""
    return int(bool(blocks) and isinstance(blocks[0], RotationBlock))


def _measure(circuit: Circuit, state: Tensor, space: Workspace) -> Tensor:
    """Expectation values from ``(batch, high, 1, planes, low)``."""
    if not _diagonal(circuit):
        return _measure_any(circuit, state)
    squares = torch.mul(state, state, out=space.scratch(state.shape, state)).flatten(1)
    # A product with few rows is several times faster than one with few columns.
    return torch.mm(_signs(circuit, state), squares.t()).t().contiguous()


def _measure_gradient(
    circuit: Circuit, state: Tensor, weights: Tensor, space: Workspace, out: Tensor
) -> None:
    """Gradient of the weighted sum of the expectation values by the states, into ``out``."""
    if _diagonal(circuit):
        slopes = space.scratch((len(state), state[0].numel()), state)
        torch.mm(2 * weights, _signs(circuit, state), out=slopes)
        torch.mul(state, slopes.view(state.shape), out=out)
        return
    with torch.enable_grad():
        state = state.detach().requires_grad_()
        out.copy_(torch.autograd.grad(_measure_any(circuit, state), state, weights)[0])


def _diagonal(circuit: Circuit) -> bool:
    return all(observable.diagonal for observable in circuit.observables)


def _measure_any(circuit: Circuit, state: Tensor) -> Tensor:
    flat = _flat(state)
    return torch.stack([_measure_one(o, flat) for o in circuit.observables], dim=1)


def _signs(circuit: Circuit, state: Tensor) -> Tensor:
    """Eigenvalues for each number of a state, ``(n_observables, high * planes * low)``."""
    _, high, _, planes, low = state.shape
    signs = constant(_sign_matrix(circuit.observables, circuit.n_qubits), state)
    return signs.view(-1, high, 1, low).expand(-1, -1, planes, -1).flatten(1)


@lru_cache(maxsize=256)
def _sign_matrix(observables: tuple[PauliString, ...], n_qubits: int) -> np.ndarray[Any, Any]:
    """Eigenvalues of Z strings over the basis states, shape ``(n_observables, 2**n_qubits)``."""
    states = np.arange(2**n_qubits)
    rows = []
    for observable in observables:
        sign = np.ones(len(states))
        for qubit in observable.qubits:
            sign = sign * (1 - 2 * ((states >> qubit) & 1))
        rows.append(sign)
    return np.stack(rows) if rows else np.zeros((0, len(states)))


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
        ctx.circuit, ctx.blocks = circuit, compile_blocks(circuit)
        values = steps.values(ctx.blocks, inputs, angles)
        space = _workspace(circuit, inputs, copies=1)
        state = _evolve(circuit.n_qubits, ctx.blocks, values, inputs, space)
        # A copy, since the workspace's memory serves the next circuit.
        ctx.save_for_backward(inputs, angles, *(() if recompute else (state.clone(),)))
        return _measure(circuit, state, space)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        inputs, angles, *kept = ctx.saved_tensors
        circuit, blocks = ctx.circuit, ctx.blocks
        values = steps.values(blocks, inputs, angles)
        space = _workspace(circuit, inputs, copies=2)
        state = kept[0] if kept else _evolve(circuit.n_qubits, blocks, values, inputs, space)
        batch, high, _, *rest = state.shape
        pair = space.take((batch, high, 2, *rest), state)
        pair[:, :, :1] = state
        _measure_gradient(circuit, state, grads[0], space, pair[:, :, 1:])
        gradients = torch.zeros_like(inputs), torch.zeros_like(angles)
        complex_from = next((i for i, b in enumerate(blocks) if steps.is_complex(b)), len(blocks))
        for number in reversed(range(len(blocks))):
            block, after = blocks[number], pair
            if number >= _prepared(blocks):
                pair = steps.apply(block, pair, values[number], space, back=True)
            steps.add_gradient(block, values[number], pair, after, inputs, gradients, space)
            if number <= complex_from:
                # Real blocks on a real state: the gradient's imaginary part has no effect.
                pair = pair[:, :, :, :1].contiguous()
        return None, None, *gradients
