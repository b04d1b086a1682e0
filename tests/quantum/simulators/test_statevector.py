"""The state-vector simulator's own ground: group borders, the adjoint method, what it keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from quantum.backends.statevector import StatevectorBackend
from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.observables import pauli, z
from quantum.simulators import reference, statevector
from tests.quantum.random_circuits import random_circuit


def _data(circuit, batch=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(batch, max(circuit.n_inputs, 3), generator=generator, dtype=dtype)
    angles = torch.randn(max(circuit.n_angles, 4), generator=generator, dtype=dtype)
    return inputs.requires_grad_(), angles.requires_grad_()


@pytest.mark.parametrize("n", [4, 5, 9])
@pytest.mark.parametrize("recompute", [False, True])
def test_registers_of_one_two_and_three_groups(n, recompute):
    operations = (
        *(Operation("ry", (q,), Input(q % 3)) for q in range(n)),
        Operation("crz", (0, n - 1), Angle(0)),
        *(Operation("ry", (q,), Angle(1 + q % 2)) for q in range(n)),
        Operation("crx", (n - 1, 1), Angle(3)),
        Operation("rzz", (1, n - 2), Input(1)),
        *(Operation("ry", (q,), Input(2)) for q in (n - 1, 0)),
    )
    circuit = Circuit(n, operations, (z(0), z(n - 1)))
    inputs, angles = _data(circuit)
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())

    def run(x, a):
        return statevector.expectations(circuit, x, a, recompute=recompute)

    assert torch.allclose(run(inputs, angles), torch.as_tensor(expected), atol=1e-12)
    assert torch.autograd.gradcheck(run, (inputs, angles))


def test_a_register_longer_than_its_gates():
    """Nine qubits of which the gates touch all kinds of pairs, values against the oracle."""
    circuit = random_circuit(11, n_qubits=9, length=40)
    inputs, angles = _data(circuit)
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())
    got = statevector.expectations(circuit, inputs, angles)
    assert torch.allclose(got, torch.as_tensor(expected), atol=1e-12)


def _kept(method, circuit):
    """Bytes that ``method`` keeps for the backward pass of 100 samples, angles aside."""
    sizes = []

    def pack(tensor):
        sizes.append(tensor.untyped_storage().nbytes())
        return tensor

    inputs, angles = _data(circuit, batch=100, dtype=torch.float32)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        method(circuit, inputs, angles)
    return sum(sizes) - 4 * angles.numel()


def _method(recompute):
    return lambda *data: statevector.expectations(*data, recompute=recompute)


def test_what_backward_keeps_does_not_grow_with_depth():
    state = 100 * 2**5 * 2 * 4  # bytes of the last states
    one, six = qtha_circuit(5, 1), qtha_circuit(5, 6)
    kept = _kept(_method(False), six)
    assert kept == _kept(_method(False), one) == _kept(_method(True), six) + state


def test_the_backend_keeps_small_states_only():
    backend = StatevectorBackend().expectations
    small, large = qtha_circuit(8, 2), qtha_circuit(9, 2)
    assert _kept(backend, small) == _kept(_method(False), small)
    assert _kept(backend, large) == _kept(_method(True), large)
    assert _kept(StatevectorBackend(recompute=True).expectations, small) < _kept(backend, small)


def _run(circuit, inputs, angles, recompute=False):
    values = statevector.expectations(circuit, inputs, angles, recompute=recompute)
    return values, *torch.autograd.grad(values.square().sum(), (inputs, angles))


@pytest.mark.parametrize("recompute", [False, True])
def test_circuits_that_take_turns_leave_one_another_alone(recompute):
    """They share memory: nothing of a call may be left in it."""
    circuits = [qtha_circuit(6, 3), random_circuit(5, n_qubits=5, length=30), qtha_circuit(4, 2)]
    data = [_data(circuit, batch=7) for circuit in circuits]
    alone = [_run(c, *d, recompute) for c, d in zip(circuits, data, strict=True)]
    states = [statevector.amplitudes(c, *d) for c, d in zip(circuits, data, strict=True)]
    copies = [state.clone() for state in states]
    values = [
        statevector.expectations(c, *d, recompute=recompute)
        for c, d in zip(circuits, data, strict=True)
    ]
    for value, d, expected in zip(values, data, alone, strict=True):
        found = (value, *torch.autograd.grad(value.square().sum(), d))
        for one, other in zip(found, expected, strict=True):
            assert torch.equal(one, other)
    for state, copy in zip(states, copies, strict=True):
        assert torch.equal(state, copy)


def test_threads_do_not_share_memory():
    circuit = qtha_circuit(7, 3)
    data = [_data(circuit, batch=40 + i) for i in range(4)]
    alone = [_run(circuit, *d) for d in data]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for found, expected in zip(
                pool.map(lambda d: _run(circuit, *d), data), alone, strict=True
            ):
                for one, other in zip(found, expected, strict=True):
                    assert torch.equal(one, other)


def test_memory_made_in_inference_mode_serves_training():
    """A thread of its own starts without memory."""
    circuit = qtha_circuit(5, 2)
    inputs, angles = _data(circuit, batch=3)

    def infer_then_train():
        with torch.inference_mode():
            statevector.expectations(circuit, inputs.detach(), angles.detach())
        return _run(circuit, inputs, angles)

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(infer_then_train).result()
    for one, other in zip(found, _run(circuit, inputs, angles), strict=True):
        assert torch.equal(one, other)


def test_observables_that_cannot_have_a_value_have_zero_gradients():
    circuit = Circuit(2, (Operation("ry", (0,), Angle(0)),), (pauli("IY"),))
    inputs, angles = _data(circuit)
    value = statevector.expectations(circuit, inputs, angles)
    assert torch.equal(value.detach(), torch.zeros(2, 1, dtype=torch.float64))
    assert torch.autograd.grad(value.sum(), angles)[0].abs().max() == 0


def test_gradients_hold_in_float32_after_many_layers():
    """Undoing the blocks loses no accuracy that matters."""
    circuit = qtha_circuit(8, 8)
    found = []
    for dtype in (torch.float32, torch.float64):
        inputs, angles = _data(circuit, batch=16)
        x, a = (v.detach().to(dtype).requires_grad_() for v in (inputs, angles))
        values = statevector.expectations(circuit, x, a)
        found.append((values, *torch.autograd.grad(values.sum(), (x, a))))
    for single, double in zip(*found, strict=True):
        assert torch.allclose(single.double(), double, atol=1e-5)
