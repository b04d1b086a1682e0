"""The fast exact simulator: a batch of states, differentiable in inputs and angles.

The circuit is sorted into blocks (``blocks.py``). A first layer of RY is a product state, built by
outer products; a later layer of RY is one small matrix product per group of four qubits; a run of
diagonal gates is one multiplication by phases that are affine in the angles; expectation values of
Z strings are |amplitude|² times a sign matrix. States are real until a complex gate comes, and
complex states are kept as two real planes, which on CPUs is faster than complex arithmetic.

With ``recompute=True`` nothing but inputs and angles is kept for the backward pass: the states are
computed a second time there. This module knows nothing about adapters or backends.
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
from quantum.gates import gate
from quantum.observables import PauliString
from quantum.simulators.blocks import Affine, GateBlock, PhaseBlock, RotationBlock, compile_blocks
from quantum.simulators.constants import constant

__all__ = ["amplitudes", "check_shapes", "expectations", "rotation_matrix"]

_GROUP = 4  # qubits rotated by one matrix product: 16 x 16 is where the product is fastest


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
    if recompute and torch.is_grad_enabled() and (inputs.requires_grad or angles.requires_grad):
        result: Tensor = _Recompute.apply(circuit, inputs, angles)  # type: ignore[no-untyped-call]
        return result
    return _measure(circuit, amplitudes(circuit, inputs, angles))


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
    """Final states as real planes.

    Returns:
        Shape ``(planes, batch, 2**n_qubits)``: one plane if the circuit is real, else real and
        imaginary part.
    """
    n, batch = circuit.n_qubits, inputs.shape[0]
    state: Tensor | None = None
    for block in compile_blocks(circuit):
        if state is None and isinstance(block, RotationBlock):
            state = _product_state(_evaluate(block.angles, inputs, angles), batch)
            continue
        if state is None:
            state = _ground_state(n, batch, inputs)
        if isinstance(block, RotationBlock):
            state = _rotate(state, block, _evaluate(block.angles, inputs, angles))
        elif isinstance(block, PhaseBlock):
            state = _multiply_phases(state, block, _evaluate(block.phases, inputs, angles))
        else:
            state = _apply_gate(state, block, inputs, angles)
    return _ground_state(n, batch, inputs) if state is None else state


def _ground_state(n_qubits: int, batch: int, like: Tensor) -> Tensor:
    state = like.new_zeros(1, batch, 2**n_qubits)
    state[:, :, 0] = 1
    return state


def _evaluate(affine: Affine, inputs: Tensor, angles: Tensor) -> Tensor:
    """Values of an affine map, shape ``(batch or 1, width)``."""
    value = constant(affine.constant, inputs).unsqueeze(0)  # (1, width)
    if affine.of_angles is not None:
        value = value + angles[: len(affine.of_angles)] @ constant(affine.of_angles, inputs)
    if affine.of_inputs is not None:
        value = value + inputs[:, : len(affine.of_inputs)] @ constant(affine.of_inputs, inputs)
    return value


def _product_state(angles: Tensor, batch: int) -> Tensor:
    """RY on every qubit of |0…0>: outer products by halves, shape ``(1, batch, 2**n)``."""
    half = angles.expand(batch, -1) / 2
    qubits = torch.stack((half.cos(), half.sin()), dim=-1)  # (batch, n, 2)

    def outer(low: int, high: int) -> Tensor:
        if high - low == 1:
            return qubits[:, low]
        middle = (low + high) // 2
        product = outer(middle, high).unsqueeze(2) * outer(low, middle).unsqueeze(1)
        return product.flatten(1)  # (batch, 2**(high - low))

    return outer(0, angles.shape[1]).unsqueeze(0)


def rotation_matrix(angles: Tensor) -> Tensor:
    """Kronecker product of RY: ``(batch, g)`` angles to ``(batch, 2**g, 2**g)``, qubit 0 lowest."""
    cos, sin = (angles / 2).cos(), (angles / 2).sin()
    entries = torch.stack((cos, -sin, sin, cos), dim=-1)  # (batch, g, 4)
    single = entries.reshape(*angles.shape, 2, 2)  # (batch, g, 2, 2)
    matrix: Tensor = single[:, 0]
    for q in range(1, angles.shape[1]):
        matrix = single[:, q, :, None, :, None] * matrix[:, None, :, None, :]
        matrix = matrix.flatten(3).flatten(1, 2)  # (batch, 2**(q+1), 2**(q+1))
    return matrix


def _rotate(state: Tensor, block: RotationBlock, angles: Tensor) -> Tensor:
    planes, batch, dim = state.shape
    n = angles.shape[1]
    for low in range(0, n, _GROUP):
        high = min(low + _GROUP, n)
        if not any(low <= qubit < high for qubit in block.qubits):
            continue
        matrix = rotation_matrix(angles[:, low:high])  # (batch or 1, 2**g, 2**g)
        size = matrix.shape[-1]
        if low == 0:
            view = state.reshape(planes, batch, dim // size, size)  # (planes, batch, rest, 2**g)
            shared = matrix.shape[0] == 1
            state = view @ (matrix[0] if shared else matrix).transpose(-1, -2)
        else:
            right = 2**low
            # (planes, batch, left, 2**g, right)
            view = state.reshape(planes, batch, dim // size // right, size, right)
            state = matrix.unsqueeze(1) @ view
        state = state.reshape(planes, batch, dim)  # (planes, batch, 2**n)
    return state


def _multiply_phases(state: Tensor, block: PhaseBlock, phases: Tensor) -> Tensor:
    cos = phases.cos()
    if block.real:
        return state * cos
    sin = phases.sin()
    if state.shape[0] == 1:
        return torch.cat((state * cos, state * -sin))
    real, imag = state[0], state[1]
    return torch.stack((real * cos + imag * sin, imag * cos - real * sin))


def _apply_gate(state: Tensor, block: GateBlock, inputs: Tensor, angles: Tensor) -> Tensor:
    """Apply one arbitrary gate by moving its qubits' axes to the end."""
    planes, batch, dim = state.shape
    n = dim.bit_length() - 1
    entry = gate(block.operation.gate)
    if block.angle is None:
        real, imag = _planes_of(np.array(entry.matrix(), complex), state)
    else:
        half = _evaluate(block.angle, inputs, angles).unsqueeze(-1) / 2  # (batch or 1, 1, 1)
        (r_re, r_im), (e_re, e_im), (o_re, o_im) = (
            _planes_of(np.array(part, complex), state) for part in entry.parts()
        )
        real = r_re + half.cos() * e_re + half.sin() * o_re
        imag = r_im + half.cos() * e_im + half.sin() * o_im
    complex_gate = entry.fixed is None and "y" not in block.operation.gate
    if entry.fixed is not None:
        complex_gate = any(complex(x).imag for row in entry.fixed for x in row)
    axes = [2 + n - 1 - qubit for qubit in block.operation.qubits]
    last = list(range(2 + n - len(axes), 2 + n))
    view = state.reshape(planes, batch, *[2] * n).movedim(axes, last)
    shape = view.shape
    view = view.reshape(planes, batch, -1, real.shape[-1])  # (planes, batch, rest, 2**k)
    re_t, im_t = real.transpose(-1, -2), imag.transpose(-1, -2)
    if not complex_gate:
        view = view @ re_t
    elif planes == 1:
        view = torch.cat((view @ re_t, view @ im_t))
    else:
        a, b = view[0], view[1]
        view = torch.stack((a @ re_t - b @ im_t, a @ im_t + b @ re_t))
    view = view.reshape(view.shape[0], *shape[1:]).movedim(last, axes)
    return view.reshape(view.shape[0], batch, dim)  # (planes, batch, 2**n)


def _planes_of(matrix: np.ndarray[Any, Any], like: Tensor) -> tuple[Tensor, Tensor]:
    return (
        torch.as_tensor(matrix.real.copy(), dtype=like.dtype, device=like.device),
        torch.as_tensor(matrix.imag.copy(), dtype=like.dtype, device=like.device),
    )


def _measure(circuit: Circuit, state: Tensor) -> Tensor:
    if all(observable.diagonal for observable in circuit.observables):
        weights = (state * state).sum(0)  # (batch, 2**n)
        return weights @ constant(sign_matrix(circuit.observables, circuit.n_qubits), state)
    return torch.stack([_measure_one(o, state) for o in circuit.observables], dim=1)


@lru_cache(maxsize=256)
def sign_matrix(observables: tuple[PauliString, ...], n_qubits: int) -> np.ndarray[Any, Any]:
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


class _Recompute(torch.autograd.Function):
    """Expectation values that keep only their arguments and recompute the states for backward."""

    @staticmethod
    def forward(ctx: Any, circuit: Circuit, inputs: Tensor, angles: Tensor) -> Tensor:
        ctx.circuit = circuit
        ctx.save_for_backward(inputs, angles)
        return _measure(circuit, amplitudes(circuit, inputs, angles))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        saved = [tensor.detach().requires_grad_() for tensor in ctx.saved_tensors]
        with torch.enable_grad():
            values = _measure(ctx.circuit, amplitudes(ctx.circuit, *saved))
            found = torch.autograd.grad(values, saved, grads[0], allow_unused=True)
        needed = ctx.needs_input_grad[1:]
        return (None, *(g if use else None for g, use in zip(found, needed, strict=True)))
