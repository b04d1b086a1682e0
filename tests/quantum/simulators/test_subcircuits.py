"""Wide circuits by light cones: equal to the whole state, and right at 72 qubits."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from quantum.backends.registry import get_backend
from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Angle, Circuit, Input, Operation
from quantum.circuits.observables import pauli, z, zz
from quantum.exceptions import CircuitError, UnsupportedCircuitError
from quantum.simulators import lightcone, reference, statevector, subcircuits
from tests.quantum.random_circuits import random_circuit

CHAIN = [(q, q + 1) for q in range(71)]
LATTICE = [(q, q + 1) for q in range(72) if q % 6 != 5] + [(q, q + 6) for q in range(66)]


def _scaling(n, couplers, layers=1):
    """RY on all, then layers of CZ on the couplers and RY on all."""
    couplers = [pair for pair in couplers if max(pair) < n]
    operations = [Operation("ry", (q,), Angle(q)) for q in range(n)]
    for layer in range(1, layers + 1):
        operations += [Operation("cz", pair) for pair in couplers]
        operations += [Operation("ry", (q,), Angle(layer * n + q)) for q in range(n)]
    observables = [z(q) for q in range(n)] + [zz(*pair) for pair in couplers]
    return Circuit(n, tuple(operations), tuple(observables))


def _angles(circuit, blocks, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    angles = torch.randn(blocks, circuit.n_angles, generator=generator, dtype=dtype)
    return angles.requires_grad_()


def _each_alone(circuit, angles):
    """The whole-state simulator, one vector of angles at a time."""
    none = angles.new_zeros(1, 0)
    return torch.cat([statevector.expectations(circuit, none, row) for row in angles])


def _close(one, other, atol=1e-10):
    assert one.dtype == other.dtype
    assert torch.allclose(one, other, atol=atol)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(3, 30))
def test_random_circuits(seed, length):
    """Any gates, any observables, shared and per-sample angles; values and gradients."""
    circuit = random_circuit(seed, length=length)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(3, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    angles = torch.randn(4, generator=generator, dtype=torch.float64, requires_grad=True)
    methods = (statevector.expectations, subcircuits.expectations)
    values = [method(circuit, inputs, angles) for method in methods]
    expected = reference.expectations(circuit, inputs.detach().numpy(), angles.detach().numpy())
    weights = torch.randn(values[0].shape, generator=generator, dtype=torch.float64)
    gradients = []
    for value in values:
        assert np.allclose(value.detach().numpy(), expected, atol=1e-10)
        if value.requires_grad:
            loss = (value * weights).sum()
            found = torch.autograd.grad(loss, (inputs, angles), allow_unused=True)
            gradients.append([torch.zeros(1) if g is None else g for g in found])
    for one, other in zip(*gradients, strict=True) if len(gradients) == 2 else ():
        assert torch.allclose(one.double(), other.double(), atol=1e-10)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("couplers", [CHAIN, LATTICE], ids=["chain", "lattice"])
def test_blocks_equal_the_whole_state(couplers, layers):
    circuit = _scaling(9, couplers, layers)
    angles = _angles(circuit, 3)
    values = [subcircuits.batched(circuit, angles), _each_alone(circuit, angles)]
    _close(*values)
    weights = torch.linspace(1, 2, values[0].numel(), dtype=torch.float64).view_as(values[0])
    _close(*(torch.autograd.grad((v * weights).sum(), angles)[0] for v in values))


@pytest.mark.parametrize("couplers", [CHAIN, LATTICE], ids=["chain", "lattice"])
def test_a_window_of_72_qubits_is_the_whole_state_of_the_window(couplers):
    """The middle of 72 qubits feels a window of it only: 3 rows around a row are 18 qubits."""
    circuit = _scaling(72, couplers)
    angles = _angles(circuit, 1)
    values = subcircuits.batched(circuit, angles)
    assert values.shape == (1, 72 + len(couplers))
    inside = range(30, 45)  # 15 qubits; couplers among them are those of the same numbers
    window = [(a - 30, b - 30) for a, b in couplers if a in inside and b in inside]
    small = _scaling(15, window)
    part = torch.cat((angles[:, 30:45], angles[:, 102:117]), dim=1)
    expected = _each_alone(small, part)
    assert abs(values[0, 37] - expected[0, 7]) < 1e-10
    pair = (37, 38)
    column = 72 + couplers.index(pair)
    if couplers is CHAIN:
        assert abs(values[0, column] - expected[0, 15 + window.index((7, 8))]) < 1e-10
        assert abs(values[0, 32] - expected[0, 2]) < 1e-10


def test_equal_cones_run_together():
    (middle, *edges) = subcircuits._plan(_scaling(72, CHAIN))
    assert middle.cones == 69
    assert [group.cones for group in edges] == [1, 1]
    assert subcircuits.total_amplitudes(_scaling(72, LATTICE)) < 10**5


def test_chunks_and_recomputation_change_nothing(monkeypatch):
    circuit = _scaling(9, LATTICE)
    angles = _angles(circuit, 3)
    before = subcircuits.batched(circuit, angles)
    monkeypatch.setattr(subcircuits, "_CHUNK", 2**10)
    monkeypatch.setattr(subcircuits, "_KEEP", 2**6)
    after = subcircuits.batched(circuit, angles)
    _close(before, after)
    _close(*(torch.autograd.grad(v.sum(), angles)[0] for v in (before, after)))


def test_gradcheck():
    circuit = _scaling(6, LATTICE)
    angles = _angles(circuit, 2)
    assert torch.autograd.gradcheck(lambda a: subcircuits.batched(circuit, a), (angles,))


def test_float32_and_no_observables():
    circuit = _scaling(72, CHAIN)
    angles = _angles(circuit, 2)
    exact = subcircuits.batched(circuit, angles)
    single = subcircuits.batched(circuit, angles.float())
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), exact, atol=1e-5)
    silent = Circuit(2, circuit.operations[:1])
    assert subcircuits.batched(silent, angles).shape == (2, 0)
    identity = Circuit(2, circuit.operations[:1], (pauli("II"),))
    assert torch.equal(subcircuits.batched(identity, angles.detach()), torch.ones(2, 1).double())


def test_refusals_say_what_is_too_wide():
    ladder = _scaling(40, CHAIN, layers=9)
    assert not subcircuits.supports(ladder)
    with pytest.raises(UnsupportedCircuitError, match="feels 20 qubits"):
        subcircuits.batched(ladder, torch.zeros(1, ladder.n_angles))
    with pytest.raises(UnsupportedCircuitError, match=r"40 qubits.*feels 20 of them"):
        get_backend("statevector").expectations(
            ladder, torch.zeros(1, 0), torch.zeros(ladder.n_angles)
        )
    with pytest.raises(CircuitError, match="blocks"):
        subcircuits.batched(_scaling(4, CHAIN), torch.zeros(2, 7))
    with pytest.raises(CircuitError, match="has inputs"):
        subcircuits.batched(Circuit(1, (Operation("ry", (0,), Input(0)),)), torch.zeros(2, 1))


def test_the_backend_takes_wide_and_narrow_circuits(monkeypatch):
    backend = get_backend("statevector")
    used = []
    for module in (statevector, subcircuits):
        name, method = module.__name__.rpartition(".")[2], module.expectations

        def spy(*args, name=name, method=method, **options):
            used.append(name)
            return method(*args, **options)

        monkeypatch.setattr(module, "expectations", spy)
    for circuit, first in [
        (_scaling(72, LATTICE), "subcircuits"),
        (_scaling(12, CHAIN), "subcircuits"),
        (_scaling(6, CHAIN), "statevector"),
        (_scaling(12, CHAIN, layers=6), "statevector"),
    ]:
        used.clear()
        angles = _angles(circuit, 1)
        got = backend.expectations(circuit, angles.new_zeros(2, 0), angles[0])
        assert used[0] == first
        assert got.shape == (2, len(circuit.observables))
        _close(got[:1], subcircuits.batched(circuit, angles))


class _OneDevice(TorchDispatchMode):
    """Refuses every operation on tensors of two devices, as CUDA would."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor) and x.ndim]
        assert len({tensor.device for tensor in found}) <= 1, func
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("circuit", [random_circuit(1), _scaling(12, CHAIN), qtha_circuit(5)])
@pytest.mark.parametrize("method", [lightcone, statevector, subcircuits])
def test_all_tables_follow_the_data_to_its_device(circuit, method):
    """On the meta device nothing is computed, so this needs no GPU to find a table left behind."""
    if method is lightcone and not lightcone.supports(circuit):
        pytest.skip("this circuit has no such cones")
    inputs = torch.zeros(3, max(circuit.n_inputs, 1), device="meta", requires_grad=True)
    angles = torch.zeros(max(circuit.n_angles, 1), device="meta", requires_grad=True)
    method.expectations(circuit, inputs, angles)  # brings the tables there, once
    with _OneDevice():
        values = method.expectations(circuit, inputs, angles)
        found = torch.autograd.grad(values.sum(), (inputs, angles), allow_unused=True)
    assert values.is_meta
    assert any(gradient is not None and gradient.is_meta for gradient in found)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("couplers", [CHAIN, LATTICE], ids=["chain", "lattice"])
def test_cuda_equals_cpu(couplers):
    circuit = _scaling(72, couplers)
    angles = _angles(circuit, 3)
    there = angles.detach().cuda().requires_grad_()
    values = subcircuits.batched(circuit, angles)
    remote = subcircuits.batched(circuit, there)
    assert remote.is_cuda
    assert torch.allclose(remote.cpu(), values, atol=1e-10)
    values.sum().backward()
    remote.sum().backward()
    assert torch.allclose(there.grad.cpu(), angles.grad, atol=1e-10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("seed", range(5))
def test_cuda_equals_cpu_for_any_gates(seed):
    circuit = random_circuit(seed)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    angles = torch.randn(4, generator=generator, dtype=torch.float64)
    for method in (statevector.expectations, subcircuits.expectations):
        there = method(circuit, inputs.cuda(), angles.cuda()).cpu()
        assert torch.allclose(there, method(circuit, inputs, angles), atol=1e-10)
