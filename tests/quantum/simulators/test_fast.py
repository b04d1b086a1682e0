"""Both fast simulators against the oracle and Aer, in values and gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.observables import pauli, z
from quantum.circuits.qiskit_bridge import to_qiskit
from quantum.exceptions import CircuitError
from quantum.simulators import lightcone, reference, statevector
from tests.quantum.random_circuits import random_circuit, shallow_circuit

QTHA_SIZES = [(1, 1), (1, 2), (2, 1), (2, 3), (3, 1), (4, 2), (5, 1), (6, 1), (6, 2)]


def _data(circuit, seed=0, batch=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(batch, max(circuit.n_inputs, 3), generator=generator, dtype=dtype)
    angles = torch.randn(max(circuit.n_angles, 4), generator=generator, dtype=dtype)
    return inputs.requires_grad_(), angles.requires_grad_()


def _methods(circuit):
    found = [
        statevector.expectations,
        lambda *args: statevector.expectations(*args, recompute=True),
    ]
    return [*found, lightcone.expectations] if lightcone.supports(circuit) else found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_random_circuits(seed):
    circuit = random_circuit(seed)
    inputs, angles = _data(circuit, seed)
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())
    got = statevector.expectations(circuit, inputs, angles)
    assert np.allclose(got.detach().numpy(), expected, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_light_cones_of_many_shapes(seed, n):
    circuit = shallow_circuit(seed, n)
    assert lightcone.supports(circuit)
    inputs, angles = _data(circuit, seed)
    values = [method(circuit, inputs, angles) for method in _methods(circuit)]
    weights = torch.randn_like(values[0])
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())
    gradients = [torch.autograd.grad((v * weights).sum(), (inputs, angles)) for v in values]
    for value, gradient in zip(values, gradients, strict=True):
        assert np.allclose(value.detach().numpy(), expected, atol=1e-10)
        for one, other in zip(gradient, gradients[0], strict=True):
            assert torch.allclose(one, other, atol=1e-10)


@pytest.mark.parametrize(("n", "layers"), QTHA_SIZES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_qtha_values(n, layers, dtype):
    circuit = qtha_circuit(n, layers)
    inputs, angles = _data(circuit, dtype=dtype)
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())
    for method in _methods(circuit):
        got = method(circuit, inputs, angles)
        assert got.dtype == dtype
        assert np.allclose(
            got.detach().numpy(), expected, atol=1e-5 if dtype.itemsize == 4 else 1e-12
        )


@pytest.mark.parametrize(("n", "layers"), [(1, 1), (2, 1), (3, 1), (3, 2), (5, 1)])
def test_gradients_are_parameter_shift_on_the_oracle(n, layers):
    """The four-term shift rule of CRZ is exact for RY as well; inputs by differences."""
    circuit = qtha_circuit(n, layers)
    inputs, angles = _data(circuit, batch=1)
    x, a = inputs.detach().numpy(), angles.detach().numpy()
    weights = np.linspace(1, 2, n)

    def loss(x, a):
        return float((reference.expectations(circuit, x, a) * weights).sum())

    def shift_rule(f):
        """Exact for generators with eigenvalue gaps 1/2 and 1 (Wierichs et al., 2022, eq. 15)."""
        c = np.array([(np.sqrt(2) + 1), -(np.sqrt(2) - 1)]) / (4 * np.sqrt(2))
        shifts = (np.pi / 2, 3 * np.pi / 2)
        return sum(k * (f(s) - f(-s)) for k, s in zip(c, shifts, strict=True))

    def moved(vector, i, delta):
        copy = vector.copy()
        copy.flat[i] += delta
        return copy

    by_angle = [shift_rule(lambda s, i=i: loss(x, moved(a, i, s))) for i in range(circuit.n_angles)]
    step = 1e-5
    by_input = [
        (loss(moved(x, i, step), a) - loss(moved(x, i, -step), a)) / (2 * step) for i in range(n)
    ]
    for method in _methods(circuit):
        value = (method(circuit, inputs, angles) * torch.as_tensor(weights)).sum()
        of_inputs, of_angles = torch.autograd.grad(value, (inputs, angles))
        assert np.allclose(of_angles[: circuit.n_angles], by_angle, atol=1e-8)
        assert np.allclose(of_inputs[0, :n], by_input, atol=1e-7)


@pytest.mark.parametrize(("n", "layers"), [(1, 1), (2, 2), (3, 1), (6, 1)])
def test_gradcheck(n, layers):
    circuit = qtha_circuit(n, layers)
    inputs, angles = _data(circuit, batch=2)
    for method in _methods(circuit):
        assert torch.autograd.gradcheck(lambda x, a, m=method: m(circuit, x, a), (inputs, angles))


def test_gradcheck_of_every_gate():
    circuit = random_circuit(3, n_qubits=3, length=60)
    inputs, angles = _data(circuit, batch=2)
    for method in _methods(circuit):
        assert torch.autograd.gradcheck(lambda x, a, m=method: m(circuit, x, a), (inputs, angles))


@pytest.mark.parametrize("layers", [1, 2])
def test_eight_qubits_against_aer(layers):
    circuit = qtha_circuit(8, layers)
    inputs, angles = _data(circuit, batch=2, dtype=torch.float32)
    simulator = AerSimulator(method="statevector")
    for row, sample in enumerate(inputs.detach().numpy()):
        bound = to_qiskit(circuit.bind(sample, angles.detach().numpy()))
        for i, observable in enumerate(circuit.observables):
            operator = SparsePauliOp(observable.label(8))
            bound.save_expectation_value(operator, list(range(8)), label=str(i))
        data = simulator.run(bound).result().data()
        expected = [data[str(i)] for i in range(8)]
        for method in _methods(circuit):
            got = method(circuit, inputs, angles)[row].detach().numpy()
            assert np.allclose(got, expected, atol=1e-5)


def test_light_cones_do_not_grow_with_the_ring():
    for n in (5, 8, 12, 40):
        (group,) = lightcone._groups(qtha_circuit(n))
        assert sorted(group.layout.sizes) == [2, 2, 3, 3, 3]
    inputs, angles = _data(qtha_circuit(40), batch=2)
    assert lightcone.expectations(qtha_circuit(40), inputs, angles).abs().max() <= 1 + 1e-12


def test_light_cones_that_read_the_same_input():
    """Cones of one shape, two of which read input 1 at the same place."""
    encoding = [Operation("ry", (q,), Input(i)) for q, i in enumerate((0, 1, 1))]
    turns = [Operation("ry", (q,), Angle(q)) for q in range(3)]
    circuit = Circuit(3, (*encoding, *turns), (z(0), z(1), z(2)))
    (group,) = lightcone._groups(circuit)
    assert group.layout.inverses == (None,)
    inputs, angles = _data(circuit)
    for method in _methods(circuit):
        assert torch.autograd.gradcheck(lambda x, a, m=method: m(circuit, x, a), (inputs, angles))


def test_light_cones_refuse_what_they_cannot_do():
    encoding = tuple(Operation("ry", (q,), Input(q)) for q in range(2))
    assert not lightcone.supports(qtha_circuit(3, 2))  # data enters twice
    assert not lightcone.supports(Circuit(2, (*encoding, Operation("cx", (0, 1))), (z(0),)))
    assert not lightcone.supports(Circuit(2, encoding, (pauli("XI"),)))
    assert not lightcone.supports(Circuit(2, encoding[:1], (z(1),)))
    assert not lightcone.supports(Circuit(2, encoding, (pauli("II"),)))


def test_real_circuits_stay_real():
    operations = (
        Operation("ry", (0,), Input(0)),
        Operation("cz", (0, 1)),
        Operation("cx", (0, 1)),
        Operation("h", (1,)),
        Operation("cry", (0, 1), Angle(0)),
    )
    inputs, angles = _data(Circuit(2, operations))
    assert statevector.amplitudes(Circuit(2, operations), inputs, angles).shape == (1, 3, 4)


def test_wrong_shapes_and_dtypes():
    circuit = qtha_circuit(3)
    inputs, angles = torch.zeros(2, 3), torch.zeros(12)
    for bad in [
        (inputs[:, :2], angles),
        (inputs, angles[:5]),
        (inputs[0], angles),
        (inputs, angles.double()),
        (inputs.half(), angles.half()),
    ]:
        with pytest.raises(CircuitError):
            statevector.expectations(circuit, *bad)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("layers", [1, 2])
def test_cuda_equals_cpu(layers):
    circuit = qtha_circuit(8, layers)
    inputs, angles = _data(circuit)
    for method in _methods(circuit):
        there = method(circuit, inputs.cuda(), angles.cuda()).cpu()
        assert torch.allclose(there, method(circuit, inputs, angles), atol=1e-10)
