"""What stands in the circuit's place: without CZ, as free numbers, as a polynomial, or fixed."""

import math

import numpy as np
import pytest
import torch
from peft import get_peft_model

from quantum.adapters.circuits import circuit_cost, entanglement
from quantum.adapters.host import hosted_circuits
from quantum.adapters.qgs.options import CONTROLS, REMARKS, couplers_for
from quantum.adapters.qgs.polynomial import FrozenPolynomial
from quantum.adapters.qgs.tuner import QGSConfig
from quantum.adapters.registry import get_adapter
from quantum.adapters.shapes import linear_shapes
from quantum.circuits.ansatz import qgs_circuit, qgs_product_circuit
from quantum.circuits.circuit import Circuit
from quantum.circuits.light_cones import parameters_of
from quantum.exceptions import OptionError
from quantum.gradients.exact import exact_values
from quantum.simulators import reference
from tests.quantum.adapters.qgs.models import (
    BLOCKS,
    IDS,
    base_model,
    blocks_of,
    connect,
    make_model,
    trainable,
)
from tests.quantum.adapters.qgs.sampler import register

SIZES = [(1, 1, "chain"), (4, 1, "chain"), (5, 2, "chain"), (4, 1, "lattice"), (6, 2, "lattice")]
sizes = pytest.mark.parametrize(("n_qubits", "n_layers", "topology"), SIZES)
ON_SHOTS = {"topology": "chain", "backend": "aer"}
POINTS = 8  # of one angle, around the circle


def angles_for(circuit):
    draw = np.random.default_rng(5)
    return draw.uniform(-math.pi, math.pi, circuit.n_angles)


def expected(circuit, angles):
    return reference.expectations(circuit, np.zeros((1, 0)), angles)[0]


def spectra(values, angles):
    """Of each value as a function of each angle alone: ``(angles, values, frequencies)``."""
    found = []
    for index in range(len(angles)):
        rows = np.repeat(angles[None], POINTS, axis=0)
        rows[:, index] += 2 * math.pi * np.arange(POINTS) / POINTS
        series = values(torch.tensor(rows, dtype=torch.float32)).double().numpy()
        found.append(np.abs(np.fft.rfft(series, axis=0)).T / POINTS)
    return np.array(found)


# -- product --------------------------------------------------------------------------------------


@sizes
def test_product_is_the_circuit_with_cz_taken_out(n_qubits, n_layers, topology):
    pairs = couplers_for(n_qubits, topology)
    whole, product = (
        make(n_qubits, n_layers, pairs) for make in (qgs_circuit, qgs_product_circuit)
    )
    assert product.n_angles == whole.n_angles
    assert product.observables == whole.observables
    angles = angles_for(whole)
    rotations = [op for op in whole.operations if op.gate != "cz"]
    without = Circuit(n_qubits, tuple(rotations), whole.observables)
    values = exact_values(product, torch.tensor(angles)[None])[0].numpy()
    assert np.allclose(values, expected(without, angles), atol=1e-10)
    turned = np.cos(angles.reshape(n_layers + 1, n_qubits).sum(0))
    pair_values = [turned[a] * turned[b] for a, b in pairs]
    assert np.allclose(values, [*turned, *pair_values], atol=1e-10)
    if pairs:
        assert not np.allclose(values, expected(whole, angles), atol=1e-3)


def test_product_adapter_runs_that_circuit():
    model = make_model(backend="statevector", control="product").train()
    model(IDS, labels=IDS).loss.backward()
    assert {hosted.circuit for hosted in hosted_circuits(model)} == {qgs_product_circuit(5)}
    assert abs(entanglement(model)) < 1e-6
    for block in blocks_of(model):
        assert torch.allclose(block.z[:5], block.angles.detach().reshape(2, 5).sum(0).cos())
        assert block.angles.grad.abs().min() > 0


def test_product_is_sampled_as_often_as_its_options_say(monkeypatch):
    register(monkeypatch)
    model = make_model(control="product").train()
    sampler = connect(model)
    options = get_adapter("qgs").validate({"n_qubits": 5, "control": "product"})
    each = get_adapter("qgs").sampled.circuits_per_step(options, None)
    assert each == 9
    assert circuit_cost(model).circuits == BLOCKS * each
    model(IDS, labels=IDS).loss.backward()
    assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS, BLOCKS * each]


# -- polynomial -----------------------------------------------------------------------------------


@sizes
def test_polynomial_has_the_circuits_frequencies_and_light_cones(n_qubits, n_layers, topology):
    circuit = qgs_circuit(n_qubits, n_layers, couplers_for(n_qubits, topology))
    polynomial, angles = FrozenPolynomial("test", circuit), angles_for(circuit)
    start = torch.zeros(circuit.n_angles)

    def values(rows):
        return torch.stack([polynomial.change(row, start) for row in rows])

    own, circuits = spectra(values, angles), spectra(lambda r: exact_values(circuit, r), angles)
    for of in (own, circuits):
        assert of[..., 2:].max() < 1e-6  # degree one in every angle
    cones = [parameters_of(circuit, observable) for observable in circuit.observables]
    felt = np.array([[a in cone for cone in cones] for a in range(circuit.n_angles)])
    assert ((own[..., 1] > 1e-3) == felt).all()
    assert (circuits[..., 1][~felt] < 1e-6).all()
    if n_layers == 1:  # in deeper circuits some angles cancel out
        assert (circuits[..., 1][felt] > 1e-6).all()


@sizes
def test_polynomial_is_the_formula(n_qubits, n_layers, topology):
    circuit = qgs_circuit(n_qubits, n_layers, couplers_for(n_qubits, topology))
    polynomial = FrozenPolynomial("test", circuit)
    table = polynomial.on(torch.device("cpu")).reshape(len(circuit.observables), 2, -1)
    for row, observable in zip(table, circuit.observables, strict=True):
        cone = sorted(parameters_of(circuit, observable))
        assert torch.allclose(row[:, cone].abs(), torch.tensor(len(cone) ** -0.5))
        assert row.abs().sum().item() == pytest.approx(2 * math.sqrt(len(cone)))
    one, other = torch.rand(2, circuit.n_angles, generator=torch.Generator().manual_seed(1))
    expected = [
        sum(c * (x.cos() - y.cos()) + s * (x.sin() - y.sin())
            for c, s, x, y in zip(*row, one, other, strict=True))
        for row in table
    ]  # fmt: skip
    assert torch.allclose(polynomial.change(one, other), torch.stack(expected), atol=1e-5)
    assert not polynomial.change(one, one).any()


def test_polynomials_differ_by_name_and_are_always_the_same():
    first = FrozenPolynomial("qgs/0/1/polynomial", qgs_circuit(2)).on(torch.device("cpu"))
    other = FrozenPolynomial("qgs/0/2/polynomial", qgs_circuit(2)).on(torch.device("cpu"))
    assert not torch.equal(first, other)
    # SHAKE-256 of the name: saved adapters rely on these very signs.
    signs = [[1, 1, -1, 0, 1, -1, 1, 0], [-1, 1, 0, 1, -1, -1, 0, 1], [1, 1, 1, -1, 1, 1, 1, 1]]
    assert first.sign().int().tolist() == signs


# -- span -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["input", "output"])
def test_span_can_be_what_any_circuit_is(form):
    trained = make_model(backend="statevector", form=form)
    span = make_model(backend="statevector", form=form, control="span").eval()
    with torch.no_grad():
        plain = span(IDS).logits
        for block in blocks_of(trained.train()):
            block.angles.uniform_(-3, 3)
        expected = trained(IDS).logits
        for block, numbers in zip(blocks_of(trained), blocks_of(span), strict=True):
            assert numbers.angles.shape == (5 + 4,)
            numbers.angles.copy_(block.change())
        assert not torch.allclose(expected, plain, atol=1e-3)
        assert torch.allclose(span(IDS).logits, expected, atol=1e-6)


# -- all of them ----------------------------------------------------------------------------------


@sizes
@pytest.mark.parametrize("control", CONTROLS)
def test_counts_are_those_of_what_is_built(control, n_qubits, n_layers, topology):
    options = {
        "control": control,
        "n_qubits": n_qubits,
        "n_layers": n_layers,
        "topology": topology,
        "form": "output",
    }
    spec, base = get_adapter("qgs"), base_model()
    targets = ("q_proj", "v_proj")
    config = spec.build_config(options, targets)
    built = get_peft_model(base_model(), config).get_nb_trainable_parameters()[0]
    assert spec.count(linear_shapes(base), targets, options) == built
    values = n_qubits + len(couplers_for(n_qubits, topology))
    each = {"span": values, "frozen": 0, "random": 0}.get(control, n_qubits * (n_layers + 1))
    assert built == BLOCKS * (2 + each)


@pytest.mark.parametrize("control", ["free", "span", "polynomial"])
def test_without_a_circuit_nothing_is_run(control, monkeypatch):
    monkeypatch.setattr("quantum.adapters.qgs.runs.exact_values", None)
    monkeypatch.setattr("quantum.adapters.qgs.runs.values_and_jacobian", None)
    model = make_model(backend="statevector", control=control).train()
    assert not list(hosted_circuits(model))
    assert entanglement(model) is None
    sampler = connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    logits = []
    for _ in range(2):
        output = model(IDS, labels=IDS)
        output.loss.backward()
        optimizer.step()
        logits.append(output.logits)
    assert torch.equal(logits[0], base_model()(IDS).logits)
    assert not torch.equal(*logits)
    assert not sampler.batches
    assert circuit_cost(model).circuits == 0
    assert get_adapter("qgs").circuit({"control": control}) is None


@pytest.mark.parametrize("control", ["product", "free", "span", "polynomial"])
def test_what_is_not_simulated_may_stand_for_circuits_too_wide_to_simulate(control):
    wide = {"n_qubits": 72, "n_layers": 2, "topology": "lattice", "backend": "statevector"}
    with pytest.raises(OptionError, match="light cones"):
        make_model(**wide)
    model = make_model(**wide, control=control).train()
    model(IDS, labels=IDS).loss.backward()
    assert blocks_of(model)[0].angles.grad.abs().max() > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"control": "span", "topology": "chip", "backend": "statevector"}, "its figures"),
        ({"control": "span", **ON_SHOTS}, "aer has nothing to sample"),
        ({"control": "polynomial", **ON_SHOTS, "backend": "wukong"}, "wukong has nothing"),
    ],
)
def test_what_does_not_go_together_is_one_error(options, words):
    spec = get_adapter("qgs")
    calls = [
        lambda: QGSConfig(**options),
        lambda: spec.build_config(options, ("q_proj",)),
        lambda: spec.circuit(options),
    ]
    if options["control"] == "span":
        shapes = {"model.layers.0.q_proj": (6, 6)}
        calls.append(lambda: spec.count(shapes, ("q_proj",), options))
    for call in calls:
        with pytest.raises(OptionError, match=words) as caught:
            call()
        assert caught.value.field == "control"


@pytest.mark.parametrize("control", ["trained", "product", "free", "frozen", "random"])
def test_other_controls_take_shots(control):
    assert QGSConfig(control=control, **ON_SHOTS).control == control


def test_each_control_has_a_remark():
    assert set(REMARKS) == set(CONTROLS) - {"trained"}
    controls = get_adapter("qgs").controls
    for control, remark in REMARKS.items():
        assert controls.remark({"control": control}) == remark
        assert controls.reduced({"control": control}) == remark
    assert controls.reduced({}) == controls.reduced({"control": "trained"}) == ""
