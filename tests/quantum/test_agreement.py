"""One circuit, one answer: the oracle, the fast simulators, Aer, pyqpanda3 and the round trips.

Values are compared with the oracle. Gradients have two independent witnesses: autograd through both
fast simulators, and finite differences of the oracle.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit_aer import AerSimulator

from quantum.backends.registry import get_backend
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.interchange.openqasm import from_openqasm, to_openqasm
from quantum.circuits.interchange.originir import from_originir, to_originir
from quantum.circuits.observables import PauliString, z, zz
from quantum.circuits.qiskit_bridge import from_qiskit, to_qiskit
from quantum.simulators import reference, statevector, subcircuits
from tests.quantum.sdk_process import SdkProcess

SETTINGS = settings(max_examples=12, deadline=None, derandomize=True)
AER = AerSimulator(method="statevector")


@pytest.fixture(scope="module")
def sdk():
    """pyqpanda3, in one process for the whole module."""
    with SdkProcess() as process:
        yield process


@st.composite
def circuits(draw):
    """Circuits of any gates on 1 to 5 qubits; angles are constant, shared or per sample."""
    n = draw(st.integers(1, 5))
    names = sorted(name for name, entry in GATES.items() if entry.n_qubits <= n)
    numbers = st.floats(-7, 7, allow_nan=False, width=32)
    sources = st.one_of(
        st.builds(Angle, st.integers(0, 3)), st.builds(Input, st.integers(0, 2)), numbers
    )
    operations = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=20)):
        qubits = draw(st.permutations(range(n)))[: GATES[name].n_qubits]
        source = draw(sources) if GATES[name].parametric else None
        operations.append(Operation(name, tuple(qubits), source))
    letters = draw(st.lists(st.sampled_from("IXYZ"), min_size=n, max_size=n))
    string = PauliString(tuple((q, letter) for q, letter in enumerate(letters) if letter != "I"))
    pair = (zz(0, n - 1),) if n > 1 else ()
    return Circuit(n, tuple(operations), (*map(z, range(n)), *pair, string))


def _data(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 3)), rng.normal(size=4)


def _same_up_to_phase(one, other, atol=1e-7):
    assert one.shape == other.shape
    assert abs(abs(np.vdot(one, other)) - 1) < atol


def _aer(circuit):
    source = to_qiskit(circuit)
    source.save_statevector()
    return AER.run(source).result().get_statevector().data


def _check_states(circuit, sdk):
    """A bound circuit's final state: the oracle, Aer, pyqpanda3, and after each round trip."""
    expected = reference.statevector(circuit, (), ())
    none = torch.zeros(0, dtype=torch.float64)
    planes = statevector.amplitudes(circuit, none.reshape(1, 0), none)[:, 0].numpy()
    assert np.allclose(planes[0] + 1j * (planes[1] if len(planes) > 1 else 0), expected, atol=1e-10)
    assert np.allclose(_aer(circuit), expected, atol=1e-10)
    originir = to_originir(circuit, measure=False)
    # CPUQVM's state is exact; the text carries all digits of the angles.
    theirs = sdk.state(originir, circuit.n_qubits)
    assert np.allclose(abs(theirs) ** 2, abs(expected) ** 2, atol=1e-10)
    _same_up_to_phase(theirs, expected)
    for back in (
        from_originir(originir),
        from_originir(sdk.rewrite(originir)) if "q[" in originir else circuit,
        from_openqasm(to_openqasm(circuit)),
        from_qiskit(to_qiskit(circuit)),
    ):
        wide = Circuit(circuit.n_qubits, back.operations)  # the SDK drops idle last qubits
        _same_up_to_phase(reference.statevector(wide, (), ()), expected)


@pytest.mark.parametrize("name", GATES)
def test_every_gate(name, sdk):
    entry = GATES[name]
    prepare = [Operation("ry", (q,), 0.7 + q) for q in range(3)]
    prepare += [Operation("rz", (q,), 0.4 - q) for q in range(3)]
    for qubits in [(0, 2), (2, 0)]:
        angle = 1.234 if entry.parametric else None
        gate = Operation(name, qubits[: entry.n_qubits], angle)
        _check_states(Circuit(3, (*prepare, gate)), sdk)


@SETTINGS
@given(circuit=circuits(), seed=st.integers(0, 10**6))
def test_states_of_random_circuits(circuit, seed, sdk):
    inputs, angles = _data(seed)
    _check_states(circuit.bind(inputs[0], angles), sdk)


@settings(SETTINGS, max_examples=25)
@given(circuit=circuits(), seed=st.integers(0, 10**6))
def test_values_and_gradients_of_random_circuits(circuit, seed):
    inputs, angles = _data(seed)
    expected = reference.expectations(circuit, inputs, angles)
    weights = np.random.default_rng(seed).normal(size=expected.shape)

    def loss(flat):
        values = reference.expectations(circuit, flat[:6].reshape(2, 3), flat[6:])
        return float((values * weights).sum())

    flat, step = np.concatenate((inputs.ravel(), angles)), 1e-5
    slopes = [
        (loss(flat + step * unit) - loss(flat - step * unit)) / (2 * step) for unit in np.eye(10)
    ]
    for method in (
        statevector.expectations,
        lambda *data: statevector.expectations(*data, recompute=True),
        subcircuits.expectations,
        get_backend("statevector").expectations,
    ):
        x = torch.tensor(inputs, requires_grad=True)
        a = torch.tensor(angles, requires_grad=True)
        values = method(circuit, x, a)
        assert np.allclose(values.detach().numpy(), expected, atol=1e-10)
        # An added zero keeps circuits without any angle differentiable.
        total = (values * torch.tensor(weights)).sum() + 0 * (x.sum() + a.sum())
        of_x, of_a = torch.autograd.grad(total, (x, a))
        got = np.concatenate((of_x.numpy().ravel(), of_a.numpy()))
        assert np.allclose(got, slopes, atol=1e-7)


@settings(SETTINGS, max_examples=8)
@given(circuit=circuits(), seed=st.integers(0, 10**6))
def test_aers_expectation_values(circuit, seed):
    """Aer's own operators, so that observables are compared as well as states."""
    from qiskit.quantum_info import SparsePauliOp

    inputs, angles = _data(seed)
    source = to_qiskit(circuit.bind(inputs[0], angles))
    n = circuit.n_qubits
    for number, observable in enumerate(circuit.observables):
        operator = SparsePauliOp(observable.label(n))
        source.save_expectation_value(operator, list(range(n)), label=str(number))
    data = AER.run(source).result().data()
    got = [data[str(number)] for number in range(len(circuit.observables))]
    values = statevector.expectations(circuit, torch.tensor(inputs), torch.tensor(angles))
    assert np.allclose(values[0].numpy(), got, atol=1e-10)


def test_bit_order(sdk):
    """X on q0 gives state 1 everywhere: qubit 0 is the least significant bit."""
    circuit = Circuit(3, (Operation("x", (0,)),), tuple(map(z, range(3))))
    expected = np.eye(8)[1]
    none = torch.zeros(0, dtype=torch.float64)
    assert np.allclose(reference.statevector(circuit, (), ()), expected)
    assert np.allclose(statevector.amplitudes(circuit, none.reshape(1, 0), none)[0, 0], expected)
    assert np.allclose(_aer(circuit), expected)
    assert np.allclose(sdk.state(to_originir(circuit, measure=False), 3), expected)
    assert np.allclose(sdk.state(to_openqasm(circuit), 3, "qasm"), expected)
    assert subcircuits.batched(circuit, none.reshape(1, 0)).tolist() == [[-1, 1, 1]]
    for back in (from_originir(to_originir(circuit)), from_openqasm(to_openqasm(circuit))):
        assert back.operations == circuit.operations
