"""Gradients checked three ways; how many circuits are run, and when."""

import pytest
import torch

from quantum.circuits.ansatz import lattice_couplers, qgs_circuit, qtha_circuit
from quantum.exceptions import OptionError
from quantum.gradients.exact import exact_values
from quantum.gradients.function import (
    Spsa,
    differentiable,
    rows_for,
    values_and_jacobian,
)
from quantum.simulators import reference
from tests.quantum.gradients.circuits import without_inputs

CIRCUITS = {
    "one qubit": qgs_circuit(1),
    "chain": qgs_circuit(7),
    "chain L=2": qgs_circuit(6, 2),
    "lattice": qgs_circuit(6, 1, lattice_couplers(3, 2)),
    "QTHA": without_inputs(1, qtha_circuit(4, 2)),
    **{f"random {seed}": without_inputs(seed) for seed in (0, 1, 2, 3, 4, 5, 7, 8)},
}
case = pytest.mark.parametrize("label", CIRCUITS)


def _angles(circuit, blocks=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(5)
    return torch.randn(blocks, circuit.n_angles, generator=generator, dtype=dtype)


class Counting:
    """Exact values, counted: calls and circuits."""

    def __init__(self):
        self.calls = self.circuits = 0

    def __call__(self, circuit, rows):
        self.calls += 1
        self.circuits += len(rows)
        return exact_values(circuit, rows)


@case
def test_backprop_shift_and_finite_differences_agree(label):
    circuit = CIRCUITS[label]
    angles = _angles(circuit)
    values, exact = values_and_jacobian(circuit, angles, "backprop")
    shifted_values, shifted = values_and_jacobian(circuit, angles, "shift")
    assert torch.allclose(values, shifted_values, atol=1e-10)
    assert torch.allclose(exact, shifted, atol=1e-10)
    step = 1e-5
    for index in range(circuit.n_angles):
        move = torch.zeros(circuit.n_angles, dtype=torch.float64)
        move[index] = step
        slope = exact_values(circuit, angles + move) - exact_values(circuit, angles - move)
        assert torch.allclose(exact[:, :, index], slope / (2 * step), atol=1e-8)


@case
def test_grouped_is_exactly_ungrouped(label):
    circuit = CIRCUITS[label]
    angles = _angles(circuit)
    _, grouped = values_and_jacobian(circuit, angles, "shift")
    _, single = values_and_jacobian(circuit, angles, "shift", grouped=False)
    assert torch.allclose(grouped, single, atol=1e-10)
    assert grouped.abs().max() > 1e-2


def test_grouped_is_exactly_ungrouped_at_72_qubits():
    circuit = qgs_circuit(72)
    angles = _angles(circuit, 1)
    _, grouped = values_and_jacobian(circuit, angles, "shift")
    _, single = values_and_jacobian(circuit, angles, "shift", grouped=False)
    assert torch.allclose(grouped, single, atol=1e-10)
    lattice = qgs_circuit(72, 1, lattice_couplers())
    _, grouped = values_and_jacobian(lattice, angles, "shift")
    _, exact = values_and_jacobian(lattice, angles, "backprop")
    assert torch.allclose(grouped, exact, atol=1e-10)


@case
def test_values_are_the_oracles(label):
    circuit = CIRCUITS[label]
    angles = _angles(circuit, 1)
    expected = reference.expectations(circuit, angles.new_zeros(1, 0).numpy(), angles[0].numpy())
    found, _ = values_and_jacobian(circuit, angles, "backprop")
    assert torch.allclose(found, torch.as_tensor(expected), atol=1e-10)


def test_averaged_spsa_tends_to_the_exact_jacobian():
    circuit = qgs_circuit(3)
    angles = _angles(circuit, 2)
    _, exact = values_and_jacobian(circuit, angles, "backprop")

    def error(samples):
        spsa = Spsa(samples, seed=1, step=0.01)
        _, estimate = values_and_jacobian(circuit, angles, "spsa", spsa=spsa)
        return (estimate - exact).norm() / exact.norm()

    assert error(20_000) < 0.03
    assert error(20_000) < error(200) / 4  # the root of the number of samples


def test_spsa_repeats_with_its_seed():
    circuit = qgs_circuit(4)
    angles = _angles(circuit)

    def jacobian(seed):
        return values_and_jacobian(circuit, angles, "spsa", spsa=Spsa(3, seed=seed))[1]

    assert torch.equal(jacobian(1), jacobian(1))
    assert not torch.equal(jacobian(1), jacobian(2))


@pytest.mark.parametrize(
    ("method", "spsa", "each"), [("shift", None, 13), ("spsa", Spsa(1), 3), ("spsa", Spsa(4), 9)]
)
def test_all_blocks_run_in_one_call(method, spsa, each):
    circuit = qgs_circuit(6)
    angles = _angles(circuit, 5).requires_grad_()
    evaluate = Counting()
    values = differentiable(
        angles, *values_and_jacobian(circuit, angles, method, evaluate, spsa=spsa)
    )
    assert (evaluate.calls, evaluate.circuits) == (1, 5 * each)
    values.sum().backward()
    assert evaluate.calls == 1
    _, rows = rows_for(circuit, angles, method, spsa=spsa)
    assert rows.shape[:2] == (5, each)


@pytest.mark.parametrize("method", ["backprop", "shift"])
def test_gradient_in_autograd_is_the_simulators(method):
    circuit = CIRCUITS["chain L=2"]
    angles = _angles(circuit).requires_grad_()
    weights = torch.randn(2, len(circuit.observables), dtype=torch.float64)
    values = differentiable(angles, *values_and_jacobian(circuit, angles, method))
    (values * weights).sum().backward()
    plain = angles.detach().clone().requires_grad_()
    (exact_values(circuit, plain) * weights).sum().backward()
    assert torch.allclose(angles.grad, plain.grad, atol=1e-10)


def test_kept_jacobian_serves_several_backwards():
    angles = torch.zeros(3, requires_grad=True)
    jacobian = torch.randn(4, 3)
    for _ in range(2):
        differentiable(angles, torch.zeros(4), jacobian).sum().backward()
    assert torch.allclose(angles.grad, 2 * jacobian.sum(0))


def test_float32():
    circuit = qgs_circuit(8)
    angles = _angles(circuit, 2, torch.float32)
    _, single = values_and_jacobian(circuit, angles, "shift")
    _, double = values_and_jacobian(circuit, angles.double(), "backprop")
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), double, atol=1e-5)


def test_unknown_method():
    with pytest.raises(OptionError, match="runs no circuits"):
        values_and_jacobian(qgs_circuit(2), _angles(qgs_circuit(2)), "adjoint")
