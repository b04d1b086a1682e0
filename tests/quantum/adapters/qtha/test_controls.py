"""What may stand in the place of QTHA's circuit, against formulas written out."""

import numpy as np
import pytest
import torch

from quantum.adapters.qtha.cell import QTHACell
from quantum.adapters.qtha.options import CONTROLS, FIXED, control_count, qtha_module_count
from quantum.adapters.qtha.spec import QTHA
from quantum.adapters.qtha.tuner import QTHAConfig
from quantum.circuits.ansatz import qtha_circuit, qtha_product_angles
from quantum.exceptions import OptionError
from quantum.simulators import reference, statevector
from quantum.simulators.cones import find_cones

SIZES = [(1, 1), (1, 3), (2, 1), (3, 2), (5, 1), (8, 1), (8, 2)]


def _cell(control, r=5, n_layers=1, seed=0, **more):
    torch.manual_seed(seed)
    config = QTHAConfig(r=r, n_layers=n_layers, control=control, mpo_width=8, mpo_bond=2, **more)
    return QTHACell(12, 10, config).double()


def _named(r, n_layers, control):
    if control == "span" and n_layers > 1:
        pytest.skip("span needs one layer")
    return _cell(control, r, n_layers)


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(("r", "n_layers"), SIZES)
def test_what_is_built_is_what_is_counted(control, r, n_layers):
    cell = _named(r, n_layers, control)
    sizes = {"r": r, "n_layers": n_layers, "mpo_width": 8, "mpo_bond": 2}
    counted = qtha_module_count(10, 12, variant="ABC", control=control, **sizes)
    assert sum(p.numel() for p in cell.parameters()) == counted


@pytest.mark.parametrize(("r", "n_layers"), SIZES)
def test_the_twins_have_exactly_as_many_numbers_as_the_circuit_has_angles(r, n_layers):
    angles = qtha_circuit(r, n_layers).n_angles
    for control in ("trained", "bottleneck", "polynomial"):
        assert control_count(control, r, n_layers) == angles


@pytest.mark.parametrize("control", CONTROLS)
def test_under_one_seed_everything_but_the_circuit_starts_alike(control):
    trained, other = _cell("trained"), _cell(control)
    after = torch.rand(1)  # later layers draw the same numbers, too
    _cell("trained")
    assert torch.equal(after, torch.rand(1))
    for name, value in trained.named_parameters():
        if name != "angles":
            assert torch.equal(value, other.get_parameter(name)), name


@pytest.mark.parametrize("control", CONTROLS)
def test_it_starts_as_a_no_op_and_learns(control):
    cell = _cell(control)
    x, base = torch.randn(2, 4, 12).double(), torch.randn(2, 4, 10).double()
    assert torch.equal(cell(x, base), base)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    cell(x, base).square().sum().backward()
    for name, parameter in cell.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert not (control in FIXED and "angles" in dict(cell.named_parameters()))


@pytest.mark.parametrize("r", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_span_holds_every_circuit_of_one_layer(r, seed):
    """Least squares on random inputs find each circuit's outputs to 1e-6, on inputs not fitted."""
    generator = np.random.default_rng(seed)
    cell = _cell("span", r)
    circuit = qtha_circuit(r, 1)
    angles = generator.uniform(-np.pi, np.pi, circuit.n_angles)
    h = torch.as_tensor(generator.uniform(-6, 6, (600, r)))
    wanted = statevector.expectations(circuit, h, torch.as_tensor(angles))  # not by light cones
    # Linear in the coefficients: with a single one at 1, the values are that product alone.
    tables = [cell.get_parameter(f"span_{k}") for k in range(cell.n_tables)]
    products = []
    with torch.no_grad():
        for table in tables:
            for term in range(table[0].numel()):
                for every in tables:
                    every.zero_()
                table.view(len(table), -1)[:, term] = 1
                products.append(cell.values(h))  # (samples, r)
    stacked = torch.stack(products, dim=2)  # (samples, r, terms)
    for output in range(r):
        matrix = stacked[:, output]
        fitted = torch.linalg.lstsq(matrix[:400], wanted[:400, output], driver="gelsd").solution
        assert (matrix[400:] @ fitted - wanted[400:, output]).abs().max() < 1e-6


@pytest.mark.parametrize("r", range(1, 13))
def test_the_count_of_the_span_is_that_of_the_light_cones(r):
    cones = find_cones(qtha_circuit(r, 1))
    terms = [2**one.n_diagonal * 3 ** (len(one.inputs) - one.n_diagonal) for one in cones]
    assert control_count("span", r, 1) == sum(terms)


def test_the_span_starts_as_the_circuit_that_the_seed_gives():
    h = torch.randn(20, 5).double()
    circuit = _cell("trained")
    expected = reference.expectations(circuit.circuit, h.numpy(), circuit.angles.detach().numpy())
    assert np.allclose(_cell("span").values(h).detach().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("r", "n_layers"), [(1, 1), (3, 1), (4, 2)])
def test_the_product_is_the_circuit_with_its_crz_at_zero(r, n_layers):
    cell = _cell("product", r, n_layers)
    whole = qtha_circuit(r, n_layers)
    angles = np.zeros(whole.n_angles)
    angles[list(qtha_product_angles(r, n_layers))] = cell.angles.detach().numpy()
    h = torch.randn(9, r).double()
    expected = reference.expectations(whole, h.numpy(), angles)
    assert np.allclose(cell.values(h).detach().numpy(), expected)
    # And each output feels its own input alone.
    h = h.requires_grad_()
    slopes = torch.autograd.grad(cell.values(h)[0, 0], h)[0][0]
    assert torch.count_nonzero(slopes.abs() > 1e-12) == 1


@pytest.mark.parametrize(("r", "n_layers"), [(1, 2), (4, 1), (4, 3)])
def test_the_polynomial_is_its_formula_and_has_the_circuits_frequencies(r, n_layers):
    cell = _cell("polynomial", r, n_layers)
    h = torch.randn(7, r).double()
    a = cell.waves.detach().reshape(r, n_layers, -1)
    for i in range(r):
        total = torch.zeros(7).double()
        for k in range(1, n_layers + 1):
            before = h[:, i - 1]
            parts = [torch.cos(k * h[:, i]), torch.sin(k * h[:, i])]
            if r > 1:
                parts += [torch.cos(k * before), torch.sin(k * before)]
            total += sum(w * part for w, part in zip(a[i, k - 1], parts, strict=True))
        assert torch.allclose(cell.values(h)[:, i], total)
    # As a function of one input, both have the frequencies 0 … L and none above.
    angles = torch.randn(qtha_circuit(r, n_layers).n_angles).double()
    turn = torch.arange(32).double() * 2 * np.pi / 32
    swept = torch.randn(r).double().repeat(32, 1)
    swept[:, 0] = turn
    circuit = reference.expectations(qtha_circuit(r, n_layers), swept.numpy(), angles.numpy())
    for values in (circuit, cell.values(swept).detach().numpy()):
        spectrum = np.abs(np.fft.rfft(values[:, 0]))
        assert spectrum[n_layers] > 1e-6
        assert spectrum[n_layers + 1 :].max() < 1e-10


def test_the_bottleneck_is_its_formula():
    cell = _cell("bottleneck", 4, 3)
    assert cell.bottleneck_u.shape == (6, 4)
    h = torch.randn(7, 4).double()
    assert torch.allclose(cell.values(h), torch.tanh(h @ cell.bottleneck_u.T) @ cell.bottleneck_v.T)


def test_frozen_stays_where_the_circuit_starts_and_random_does_not():
    trained, frozen, random = _cell("trained"), _cell("frozen"), _cell("random")
    assert torch.equal(trained.angles, frozen.angles)
    assert not torch.equal(trained.angles, random.angles)
    assert random.angles.abs().max() <= np.pi


@pytest.mark.parametrize("options", [{"control": "span", "n_layers": 2}])
def test_a_span_of_two_layers_is_refused_wherever_it_is_asked_for(options):
    with pytest.raises(OptionError, match="span needs one circuit layer"):
        QTHA.circuit(options)
    with pytest.raises(OptionError, match="span needs one circuit layer"):
        QTHA.count({"model.layers.0.q_proj": (10, 12)}, ["q_proj"], options)
    with pytest.raises(OptionError, match="span needs one circuit layer"):
        QTHAConfig(**options)
    QTHAConfig(**options, variant="AB")  # without a circuit nothing stands in its place


def test_only_what_has_a_circuit_shows_one():
    shown = {name: QTHA.circuit({"control": name}) is not None for name in CONTROLS}
    assert [name for name, circuit in shown.items() if circuit] == [
        "trained",
        "product",
        "frozen",
        "random",
    ]
    product = QTHA.circuit({"control": "product"})
    assert {op.gate for op in product.operations} == {"ry"}
