"""Backends by name, and the exact one."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from quantum.backends.base import Batch
from quantum.backends.registry import BACKENDS, backend_spec, get_backend, make_sampler
from quantum.circuits.ansatz import qtha_circuit
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.observables import z
from quantum.exceptions import (
    CircuitError,
    OptionError,
    UnknownNameError,
    UnsupportedCircuitError,
)
from quantum.options import validate_options
from quantum.sampling.estimation import DirectRunner
from quantum.simulators import statevector

ROOT = Path(__file__).resolve().parents[3]
EXACT = [name for name, spec in BACKENDS.items() if spec.exact]


def test_the_four():
    assert list(BACKENDS) == ["statevector", "aer", "qpanda", "wukong"]
    assert [name for name, spec in BACKENDS.items() if spec.billable] == ["wukong"]
    assert EXACT == ["statevector"]


def test_unknown_names_list_known_ones():
    for ask in (backend_spec, get_backend, make_sampler):
        with pytest.raises(UnknownNameError, match="wukong-99.*Known: .*(statevector|aer)"):
            ask("wukong-99")
    with pytest.raises(UnknownNameError, match="Known: aer, qpanda, wukong"):
        make_sampler("statevector")


@pytest.mark.parametrize("spec", BACKENDS.values(), ids=BACKENDS)
def test_a_form_can_be_made_of_it(spec):
    assert spec.title
    assert spec.help.endswith(".")
    assert len({field.name for field in spec.fields}) == len(spec.fields)
    for field in spec.fields:
        assert field.label
        assert field.help.endswith(".")
        assert "\n" not in field.help
        assert field.clean(field.default) == field.default
    assert "key" not in {field.name for field in spec.fields}


def test_aer_is_made_from_its_options():
    backend = make_sampler("aer", {"noise": "chip72", "seed": "7"})
    found = backend.capabilities()
    assert found.name == "aer"
    assert "model, not hardware" in found.title
    flip = Circuit(2, (Operation("x", (0,)),))
    assert DirectRunner(make_sampler("aer")).run(Batch((flip,), 9)).counts == ({"01": 9},)


@pytest.mark.parametrize("given", [{"noise": "chip73"}, {"seed": -1}, {"shots": 5}])
def test_wrong_options_are_told(given):
    with pytest.raises(OptionError, match=next(iter(given))):
        make_sampler("aer", given)


def test_all_choices_of_aer_work():
    """Each method that the form offers is one that Aer has."""
    flip = Circuit(1, (Operation("x", (0,)),))
    for field in backend_spec("aer").fields:
        for value, _ in field.choices:
            options = validate_options(backend_spec("aer").fields, {field.name: value})
            counts = DirectRunner(make_sampler("aer", options)).run(Batch((flip,), 200)).counts
            assert counts[0]["1"] > 150


def test_wukong_wants_a_key_and_says_where(monkeypatch):
    monkeypatch.setattr("quantum.backends.sdk.client.sdk_missing", lambda: "")
    with pytest.raises(
        OptionError, match=r"needs an API key.*WukongBackend\(options, key="
    ) as told:
        make_sampler("wukong")
    assert told.value.field == "key"


def test_reading_the_table_is_cheap():
    code = (
        "import quantum.backends.registry as r, sys\n"
        "[spec.missing() for spec in r.BACKENDS.values()]\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    heavy = {"torch", "qiskit", "qiskit_aer", "numpy", "pyqpanda3", "django"}
    assert not set(done.stdout.split()) & heavy


@pytest.mark.parametrize("layers", [1, 2])
def test_statevector(layers):
    circuit = qtha_circuit(6, layers)
    inputs, angles = torch.randn(5, 6), torch.randn(circuit.n_angles)
    got = get_backend("statevector").expectations(circuit, inputs, angles)
    assert torch.allclose(got, statevector.expectations(circuit, inputs, angles), atol=1e-5)


def test_too_many_qubits_and_bad_shapes():
    backend = get_backend("statevector")
    # Five layers of entangling gates: no light cone is small.
    layer = (
        *(Operation("ry", (q,), 0.3) for q in range(20)),
        *(Operation("cx", (q, (q + 1) % 20)) for q in range(20)),
    )
    wide = Circuit(20, layer * 5, (z(0),))
    with pytest.raises(UnsupportedCircuitError, match="20 qubits"):
        backend.expectations(wide, torch.zeros(1, 0), torch.zeros(0))
    with pytest.raises(CircuitError):
        backend.expectations(qtha_circuit(3), torch.zeros(1, 2), torch.zeros(12))
