"""The fast exact simulator: a batch of states, differentiable in inputs and angles.

The circuit is sorted into blocks (``blocks.py``). A first layer of RY is a product state; a later
one is one small real matrix product per group of four qubits (``rotations.py``); a run of diagonal
gates is one multiplication by phases that are affine in the angles; expectation values of Z strings
are |amplitude|² times a sign matrix. States are real until a complex block comes.

The backward pass is the adjoint method (Jones and Gacon, arXiv 2009.02823): blocks are undone one
by one, on the states and on their gradients together, and each block's gradient is an inner product
of the two. So one state per sample is kept, whatever the depth; with ``recompute=True`` none is,
and the states are computed a second time. Derivatives are first order only. This module knows
nothing about adapters or backends.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quantum.circuit import Circuit
from quantum.exceptions import CircuitError
from quantum.gates import gate
from quantum.observables import PauliString
from quantum.simulators.blocks import (
    Affine,
    Block,
    GateBlock,
    PhaseBlock,
    RotationBlock,
    compile_blocks,
)
from quantum.simulators.constants import constant
from quantum.simulators.rotations import (
    GROUP,
    Workspace,
    group_states,
    join,
    rotate,
    rotation_gradient,
)

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
        values = _values(circuit, inputs, angles)
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
    space = Workspace(state, 2 * state.numel())
    for block, value in zip(blocks[first:], values[first:], strict=True):
        state = _apply(block, state, value, space)
    return state


def _prepared(blocks: tuple[Block, ...]) -> int:
    """Number of blocks, one or none, that the first state contains: a product state."""
    return int(bool(blocks) and isinstance(blocks[0], RotationBlock))


def _values(circuit: Circuit, inputs: Tensor, angles: Tensor) -> list[Tensor | None]:
    """What each block needs: tables of a rotation, phases, or a gate's angle.

    The tables of all rotations are made together, since they are many and small.
    """
    blocks = compile_blocks(circuit)
    values: list[Tensor | None] = []
    for block in blocks:
        affine = _affine_of(block)
        values.append(None if affine is None else _evaluate(affine, inputs, angles))
    numbers = [i for i, block in enumerate(blocks) if isinstance(block, RotationBlock)]
    rows = [value for i in numbers if (value := values[i]) is not None]
    if rows:
        tables = group_states(torch.cat(rows)).split([len(row) for row in rows], dim=2)
        for number, table in zip(numbers, tables, strict=True):
            values[number] = table
    return values


def _affine_of(block: Block) -> Affine | None:
    if isinstance(block, RotationBlock):
        return block.angles
    return block.phases if isinstance(block, PhaseBlock) else block.angle


def _evaluate(affine: Affine, inputs: Tensor, angles: Tensor) -> Tensor:
    """Values of an affine map, shape ``(batch or 1, width)``."""
    value = constant(affine.constant, inputs).unsqueeze(0)  # (1, width)
    if len(affine.index):
        used = angles.index_select(0, constant(affine.index, angles)).unsqueeze(0)
        value = torch.addmm(value, used, constant(affine.of_angles, inputs))
    if affine.of_inputs is not None:
        used = inputs[:, : len(affine.of_inputs)]
        value = torch.addmm(value, used, constant(affine.of_inputs, inputs))
    return value


def _apply(
    block: Block, state: Tensor, value: Tensor | None, space: Workspace, *, back: bool = False
) -> Tensor:
    """Apply a block, or undo it, on states of shape ``(batch, high, planes, copies, low)``."""
    if isinstance(block, GateBlock):
        real, imag = _unitary(block, value, state)
        return _act(block, state, real.mT, -imag.mT) if back else _act(block, state, real, imag)
    assert value is not None
    if isinstance(block, PhaseBlock):
        return _multiply(block, state, -value if back else value, space)
    n_qubits = len(block.angles.constant)
    return rotate(state, value, block.qubits, n_qubits, space, back=back)


def _multiply(block: PhaseBlock, state: Tensor, phases: Tensor, space: Workspace) -> Tensor:
    """Multiply by exp(-i phases)."""
    batch, high, planes, copies, low = state.shape
    table = phases.view(-1, high, 1, low).expand(-1, -1, copies, -1)  # (batch or 1, high, …, low)
    cos = table.cos()
    if block.real:
        return torch.mul(state, cos.unsqueeze(2), out=space.take(state.shape))
    sin = table.sin()
    found = space.take((batch, high, 2, copies, low))
    torch.mul(state[:, :, 0], cos, out=found[:, :, 0])
    torch.mul(state[:, :, 0], -sin, out=found[:, :, 1])
    if planes == 2:
        found[:, :, 0].addcmul_(state[:, :, 1], sin)
        found[:, :, 1].addcmul_(state[:, :, 1], cos)
    return found


def _unitary(
    block: GateBlock, angle: Tensor | None, like: Tensor, *, slope: bool = False
) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of a gate or of its derivative, ``(batch or 1, 2**k, 2**k)``."""
    parts = [constant(part, like) for part in _matrices(block.operation.gate)]  # (2, 1, 2**k, 2**k)
    if angle is None:
        matrix = parts[0]
    else:
        half = angle.unsqueeze(-1) / 2  # (batch or 1, 1, 1)
        rest, even, odd = parts
        if slope:
            matrix = (half.cos() * odd - half.sin() * even) / 2
        else:
            matrix = rest + half.cos() * even + half.sin() * odd
    return matrix[0], matrix[1]


@cache
def _matrices(name: str) -> tuple[np.ndarray[Any, Any], ...]:
    """A gate's matrix, or its three parts if it has an angle: real over imaginary part."""
    entry = gate(name)
    parts = entry.parts() if entry.parametric else (entry.matrix(),)
    arrays = [np.array(part, complex)[None] for part in parts]
    return tuple(np.stack((array.real, array.imag)) for array in arrays)


def _act(block: GateBlock, state: Tensor, real: Tensor, imag: Tensor) -> Tensor:
    """A matrix on the block's qubits, whose axes move to the end and back."""
    batch, high, planes, copies, low = state.shape
    n_low, n = low.bit_length() - 1, (high * low).bit_length() - 1
    # (planes, batch, 2, …, copies, 2, …): qubit 0 is the last axis
    view = state.movedim(2, 0).reshape(planes, batch, *[2] * (n - n_low), copies, *[2] * n_low)
    axes = [n + 2 - q - (q >= n_low) for q in block.operation.qubits]
    last = list(range(n + 3 - len(axes), n + 3))
    view = view.movedim(axes, last)
    rows = view.reshape(planes, batch, -1, real.shape[-1])  # (planes, batch, rest, 2**k)
    found = rows @ real.mT
    if _is_complex(block):
        turned = rows @ imag.mT
        if planes == 1:
            found = torch.cat((found, turned))
        else:
            found = torch.stack((found[0] - turned[1], found[1] + turned[0]))
    found = found.reshape(-1, *view.shape[1:]).movedim(last, axes)
    return found.reshape(-1, batch, high, copies, low).movedim(0, 2).contiguous()


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
        return torch.zeros_like(real)
    imag = ((flipped[0] * state[1] - flipped[1] * state[0]) * signs).sum(1)
    return -imag * math.sin(math.pi * n_y / 2)


class _Adjoint(torch.autograd.Function):
    """Expectation values with the adjoint method as their backward pass."""

    @staticmethod
    def forward(
        ctx: Any, circuit: Circuit, recompute: bool, inputs: Tensor, angles: Tensor
    ) -> Tensor:
        ctx.circuit = circuit
        state = _evolve(circuit, _values(circuit, inputs, angles), len(inputs), inputs)
        ctx.save_for_backward(inputs, angles, *(() if recompute else (state,)))
        return _measure(circuit, state)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        inputs, angles, *kept = ctx.saved_tensors
        values = _values(ctx.circuit, inputs, angles)
        state = kept[0] if kept else _evolve(ctx.circuit, values, len(inputs), inputs)
        state = state.detach().requires_grad_()
        with torch.enable_grad():
            (grad,) = torch.autograd.grad(_measure(ctx.circuit, state), state, grads[0])
        pair = torch.cat((state.detach(), grad), dim=3)
        space = Workspace(pair, pair.numel())
        found = torch.zeros_like(inputs), torch.zeros_like(angles)
        blocks = compile_blocks(ctx.circuit)
        for number in reversed(range(len(blocks))):
            block, after = blocks[number], pair
            if number >= _prepared(blocks):
                pair = _apply(block, pair, values[number], space, back=True)
            _add_gradient(block, values[number], pair, after, inputs, found)
            if not any(_is_complex(earlier) for earlier in blocks[:number]):
                # Real blocks on a real state: the gradient's imaginary part has no effect.
                pair = pair[:, :, :1].contiguous()
        return None, None, *found


def _is_complex(block: Block) -> bool:
    """Whether a block can turn real states into complex ones."""
    if isinstance(block, GateBlock):
        return any(bool(part[1].any()) for part in _matrices(block.operation.gate))
    return isinstance(block, PhaseBlock) and not block.real


def _add_gradient(
    block: Block,
    value: Tensor | None,
    before: Tensor,
    after: Tensor,
    inputs: Tensor,
    found: tuple[Tensor, Tensor],
) -> None:
    """Add one block's part to the gradients of inputs and angles.

    ``before`` and ``after`` hold the states and their gradients, ``(batch, high, planes, 2, low)``.
    After a rotation, ``after``'s memory may have been used again.
    """
    affine = _affine_of(block)
    if affine is None or (affine.of_inputs is None and not len(affine.index)):
        return
    shared = affine.of_inputs is None
    if isinstance(block, RotationBlock):
        n_qubits = len(affine.constant)
        part = rotation_gradient(before, block.qubits, n_qubits, shared)
    elif isinstance(block, PhaseBlock):
        state, grad = after.unbind(3)  # (batch, high, planes, low)
        part = grad[:, :, 0] * state[:, :, 1]  # exp(-ip) ψ has the derivative -i exp(-ip) ψ
        part = part.addcmul_(grad[:, :, 1], state[:, :, 0], value=-1).flatten(1)  # (batch, 2**n)
    else:
        slope = _act(block, before[:, :, :, :1], *_unitary(block, value, before, slope=True))
        part = (after[:, :, :, 1:] * slope).flatten(1).sum(1, keepdim=True)  # (batch, 1)
    if affine.of_inputs is not None:
        found[0][:, : len(affine.of_inputs)] += part @ constant(affine.of_inputs, inputs).T
    if len(affine.index):
        slopes = constant(affine.of_angles, inputs) @ part.sum(0)
        found[1].index_add_(0, constant(affine.index, inputs), slopes)
