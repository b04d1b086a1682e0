"""What a block of a circuit does to a batch of states, and the gradient of its angles.

States have the shape ``(batch, high, copies, planes, low)`` of ``rotations.py``. A block's value is
what it needs to act: tables of a rotation, phases of diagonal gates, the angle of another gate.
This module knows nothing about whole circuits or observables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quantum.circuits.gates import gate
from quantum.simulators.blocks import Affine, Block, GateBlock, PhaseBlock, RotationBlock
from quantum.simulators.constants import constant
from quantum.simulators.rotations import Workspace, group_states, rotate, rotation_gradient


def values(blocks: Sequence[Block], inputs: Tensor, angles: Tensor) -> list[Tensor | None]:
    """The blocks' values; ``None`` for a gate without angle.

    The tables of all rotations are made together, since they are many and small.
    """
    result: list[Tensor | None] = []
    for block in blocks:
        affine = _affine_of(block)
        result.append(None if affine is None else _evaluate(affine, inputs, angles))
    numbers = [i for i, block in enumerate(blocks) if isinstance(block, RotationBlock)]
    rows = [value for i in numbers if (value := result[i]) is not None]
    if rows:
        tables = torch.split(group_states(torch.cat(rows)), [len(row) for row in rows], dim=2)
        for number, table in zip(numbers, tables, strict=True):
            result[number] = table
    return result


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


def apply(
    block: Block, state: Tensor, value: Tensor | None, space: Workspace, *, back: bool = False
) -> Tensor:
    """Apply a block, or undo it, on states of shape ``(batch, high, copies, planes, low)``."""
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
    batch, high, copies, planes, low = state.shape
    table = phases.view(-1, high, 1, low)  # (batch or 1, high, 1, low)
    if block.real:
        return torch.mul(state, table.cos().unsqueeze(2), out=space.take(state.shape, state))
    cos, sin = table.cos(), table.sin()
    product = space.take((batch, high, copies, 2, low), state)
    if planes == 2 and len(table) == 1:
        return _turn(state, cos, sin, product)
    torch.mul(state[:, :, :, 0], cos, out=product[:, :, :, 0])
    torch.mul(state[:, :, :, 0], -sin, out=product[:, :, :, 1])
    if planes == 2:
        product[:, :, :, 0].addcmul_(state[:, :, :, 1], sin)
        product[:, :, :, 1].addcmul_(state[:, :, :, 1], cos)
    return product


def _turn(state: Tensor, cos: Tensor, sin: Tensor, product: Tensor) -> Tensor:
    """Multiply complex states by cos - i sin, the same for all samples, into ``found``.

    Real and imaginary part alternate every ``low`` numbers, and loops that short are slow. So each
    sample is taken as one row: one shift brings the imaginary parts to the real ones, one the other
    way, and zeros in the tables drop what lands wrong.
    """
    _, high, copies, _, low = state.shape
    tables = cos.new_zeros(3, high, copies, 2, low)
    tables[0] = cos.view(high, 1, 1, low)
    tables[1, :, :, 0] = sin[0]
    torch.neg(sin[0].expand(-1, copies, -1), out=tables[2, :, :, 1])
    both, up, down = tables.flatten(1)
    old, new = state.flatten(1), product.view(len(product), -1)
    torch.mul(old, both, out=new)
    new[:, :-low].addcmul_(old[:, low:], up[:-low])
    new[:, low:].addcmul_(old[:, :-low], down[low:])
    return product


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
    batch, high, copies, planes, low = state.shape
    n_low, n = low.bit_length() - 1, (high * low).bit_length() - 1
    # (planes, batch, 2, …, copies, 2, …): qubit 0 is the last axis
    view = state.movedim(3, 0).reshape(planes, batch, *[2] * (n - n_low), copies, *[2] * n_low)
    axes = [n + 2 - q - (q >= n_low) for q in block.operation.qubits]
    last = list(range(n + 3 - len(axes), n + 3))
    view = view.movedim(axes, last)
    rows = view.reshape(planes, batch, -1, real.shape[-1])  # (planes, batch, rest, 2**k)
    product = rows @ real.mT
    if is_complex(block):
        turned = rows @ imag.mT
        if planes == 1:
            product = torch.cat((product, turned))
        else:
            product = torch.stack((product[0] - turned[1], product[1] + turned[0]))
    product = product.reshape(-1, *view.shape[1:]).movedim(last, axes)
    return product.reshape(-1, batch, high, copies, low).movedim(0, 3).contiguous()


def is_complex(block: Block) -> bool:
    """Whether a block can turn real states into complex ones."""
    if isinstance(block, GateBlock):
        return any(bool(part[1].any()) for part in _matrices(block.operation.gate))
    return isinstance(block, PhaseBlock) and not block.real


def add_gradient(
    block: Block,
    value: Tensor | None,
    before: Tensor,
    after: Tensor,
    inputs: Tensor,
    gradients: tuple[Tensor, Tensor],
    space: Workspace,
) -> None:
    """Add one block's part to the gradients of inputs and angles.

    ``before`` and ``after`` hold the states and their gradients, ``(batch, high, 2, planes, low)``.
    After a rotation, ``after``'s memory may have been used again.
    """
    affine = _affine_of(block)
    if affine is None or (affine.of_inputs is None and not len(affine.index)):
        return
    shared = affine.of_inputs is None
    if isinstance(block, RotationBlock):
        n_qubits = len(affine.constant)
        part = rotation_gradient(before, block.qubits, n_qubits, shared, space)
    elif isinstance(block, PhaseBlock):
        state, grad = after.unbind(2)  # (batch, high, planes, low)
        # exp(-ip) ψ has the derivative -i exp(-ip) ψ
        part = space.scratch((len(after), *state.shape[1::2]), after)  # (batch, high, low)
        torch.mul(grad[:, :, 0], state[:, :, 1], out=part)
        part = part.addcmul_(grad[:, :, 1], state[:, :, 0], value=-1).flatten(1)  # (batch, 2**n)
    else:
        slope = _act(block, before[:, :, :1], *_unitary(block, value, before, slope=True))
        part = (after[:, :, 1:] * slope).flatten(1).sum(1, keepdim=True)  # (batch, 1)
    if affine.of_inputs is not None:
        gradients[0][:, : len(affine.of_inputs)] += part @ constant(affine.of_inputs, inputs).T
    if len(affine.index):
        slopes = constant(affine.of_angles, inputs) @ part.sum(0)
        gradients[1].index_add_(0, constant(affine.index, inputs), slopes)
