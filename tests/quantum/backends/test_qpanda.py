"""Origin's local simulator through the SDK's own process, against the oracle."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from quantum.backends import registry
from quantum.backends.base import Batch, Handle, JobState
from quantum.backends.qpanda import QPandaBackend
from quantum.backends.sdk.client import SdkError
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.gates import GATES
from quantum.circuits.observables import pauli, z, zz
from quantum.exceptions import (
    BackendMissingError,
    BadResultError,
    NotSentError,
    UnsupportedCircuitError,
)
from quantum.sampling.estimation import DirectRunner, Estimator
from quantum.simulators import reference
from tests.quantum.random_circuits import random_circuit

FLIP = Circuit(3, (Operation("x", (0,)),))

needs_sdk = pytest.mark.skipif(
    importlib.util.find_spec("pyqpanda3") is None, reason="pyqpanda3 is not installed"
)


class Client:
    """In place of the SDK's process: answers with counts, or with an error."""

    def __init__(self, error: SdkError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, dict]] = []

    def call(self, verb, timeout, **data):
        self.asked.append((verb, data))
        if self.error:
            raise self.error
        return {"counts": [{"001": data["shots"]} for _ in data["texts"]]}


@needs_sdk
def test_x_on_qubit_0_is_the_rightmost_bit_and_nothing_is_zero():
    batch = Batch((FLIP, Circuit(3, ())), 100)
    assert DirectRunner(QPandaBackend()).run(batch).counts == ({"001": 100}, {"000": 100})


@needs_sdk
def test_every_gate_and_basis_agrees_with_the_oracle():
    circuits = []
    for item in GATES.values():
        source = 0.8 if item.parametric else None
        spread = tuple(Operation("ry", (q,), 0.5 + 0.3 * q) for q in range(3))
        gate = Operation(item.name, (2, 0)[: item.n_qubits], source)
        circuits.append(Circuit(3, (*spread, gate, *spread)))
    rng = np.random.default_rng(4)
    for seed in range(6):
        bound = random_circuit(seed, n_qubits=3).bind(rng.normal(size=3), rng.normal(size=4))
        circuits.append(bound)
    observables = (z(0), z(1), z(2), zz(0, 2), pauli("XYX"))
    circuits = [replace(circuit, observables=observables) for circuit in circuits]
    exact = np.array(
        [reference.expectations(c, np.zeros((1, 0)), np.zeros(0))[0] for c in circuits]
    )
    backend = QPandaBackend()
    # Not seedable, so with a wider margin: 125 values at 5.5 standard errors fail once in 200,000.
    found = Estimator(DirectRunner(backend), backend.capabilities(), 2000).expectations(circuits)
    assert (np.abs(found.values - exact) / found.stderr).max() < 5.5


def test_what_is_asked_of_the_sdk():
    client = Client()
    backend = QPandaBackend(client)
    result = DirectRunner(backend).run(Batch((FLIP,), 30, seed=4))
    assert result.counts == ({"001": 30},)
    ((verb, data),) = client.asked
    assert verb == "run_local"
    assert data["shots"] == 30
    assert "X q[0]" in data["texts"][0]
    assert data["texts"][0].count("MEASURE") == 3


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("bad_circuit", UnsupportedCircuitError), ("timeout", NotSentError), ("died", NotSentError)],
)
def test_the_sdks_errors(kind, expected):
    backend = QPandaBackend(Client(SdkError(kind, "line 3")))
    with pytest.raises(expected, match="line 3"):
        backend.submit(Batch((FLIP,), 10), "x")


def test_limits_are_told_before_anything_runs():
    client = Client()
    backend = QPandaBackend(client)
    with pytest.raises(UnsupportedCircuitError, match="25 qubits"):
        backend.submit(Batch((Circuit(25, ()),), 10), "x")
    with pytest.raises(UnsupportedCircuitError, match="2000000 shots"):
        backend.submit(Batch((FLIP,), 2_000_000), "x")
    assert client.asked == []


def test_an_unknown_job_has_failed(monkeypatch):
    monkeypatch.setattr("quantum.backends.local._KEPT_RESULTS", 1)
    backend = QPandaBackend(Client())
    first, second = (backend.submit(Batch((FLIP,), 10), "x") for _ in range(2))
    assert backend.poll(first).state is JobState.FAILED
    assert backend.poll(second).state is JobState.DONE
    assert not backend.cancel(second)
    with pytest.raises(BadResultError, match="run it again"):
        backend.fetch(Handle("qpanda", "gone", 1, 10, (3,)))


def test_a_missing_sdk_is_told_with_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install -r requirements-wukong.txt" in registry.backend_spec("qpanda").missing()
    for make in (QPandaBackend, lambda: registry.make_sampler("qpanda")):
        with pytest.raises(BackendMissingError, match="requirements-wukong.txt"):
            make()
