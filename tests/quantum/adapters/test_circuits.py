"""What the trainer and the run page ask about a model's circuits."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from peft import get_peft_model
from torch import nn

from quantum.adapters.circuits import (
    circuit_cost,
    entanglement,
    measure,
    set_runner,
)
from quantum.adapters.host import hosted_circuits
from quantum.adapters.qgs.tuner import QGSBlock, QGSConfig
from quantum.adapters.qtha.tuner import QTHAConfig
from quantum.circuits.circuit import Circuit
from quantum.sampling.estimation import DirectRunner
from quantum.simulators import reference
from tests.quantum.adapters.qgs.sampler import NAME, Sampler, register


class Model(nn.Module):
    def __init__(self, blocks=2):
        super().__init__()
        self.layers = nn.ModuleList(nn.ModuleDict({"q": nn.Linear(6, 6)}) for _ in range(blocks))

    def forward(self, x):
        for block in self.layers:
            x = block["q"](x)
        return x


def _qgs(**options):
    torch.manual_seed(2)
    return get_peft_model(Model(), QGSConfig(target_modules=["q"], **{"n_qubits": 5, **options}))


def _qtha(**options):
    torch.manual_seed(2)
    return get_peft_model(Model(), QTHAConfig(target_modules=["q"], r=3, **options))


def _meyer_wallach(circuit: Circuit, inputs, angles) -> float:
    """From the definition: 2 (1 - mean Tr ρ²), with partial traces of the oracle's state."""
    state = reference.statevector(circuit, inputs, angles).reshape([2] * circuit.n_qubits)
    purities = []
    for axis in range(circuit.n_qubits):
        rows = np.moveaxis(state, axis, 0).reshape(2, -1)
        rho = rows @ rows.conj().T
        purities.append(np.trace(rho @ rho).real)
    return 2 * (1 - np.mean(purities))


def test_entanglement_of_qgs_is_the_definitions():
    model = _qgs()
    blocks = [m for m in model.modules() if isinstance(m, QGSBlock)]
    expected = [
        _meyer_wallach(blocks[0].bank.circuit, [], block.angles.detach().double().numpy())
        for block in blocks
    ]
    assert 0.05 < np.mean(expected) < 1
    assert abs(entanglement(model) - np.mean(expected)) < 1e-5


def test_entanglement_of_qtha_is_the_definitions():
    model = _qtha()
    inputs = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    expected = [
        _meyer_wallach(layer.cell("default").circuit, row.double().numpy(),
                       layer.cell("default").angles.detach().double().numpy())
        for layer in (block["q"] for block in model.base_model.model.layers)
        for row in inputs
    ]  # fmt: skip
    assert abs(entanglement(model) - np.mean(expected)) < 1e-5


def test_product_states_have_none():
    model = _qgs()
    with torch.no_grad():
        for block in (m for m in model.modules() if isinstance(m, QGSBlock)):
            block.angles.zero_()
    assert abs(entanglement(model)) < 1e-6


def test_too_costly_is_none_and_72_qubits_are_not(monkeypatch):
    assert entanglement(_qgs(n_qubits=72)) > 0.05
    monkeypatch.setattr("quantum.adapters.circuits._MAX_AMPLITUDES", 10)
    assert entanglement(_qgs()) is None


def test_models_without_circuits():
    for model in (nn.Linear(2, 2), _qtha(variant="AB"), _qgs(control="free")):
        assert not list(hosted_circuits(model))
        assert entanglement(model) is None
        assert circuit_cost(model).as_dict() == {"circuits": 0, "batches": 0, "shots": 0}
        measure(model)


def test_exact_models_cost_nothing_and_take_no_runner():
    model, sampler = _qgs().train(), Sampler()
    set_runner(model, DirectRunner(sampler), sampler.capabilities())
    model(torch.randn(2, 6)).sum().backward()
    assert not sampler.batches
    assert circuit_cost(model).circuits == 0


@pytest.mark.parametrize(
    ("options", "circuits"),
    [
        ({}, 2 * 13),
        ({"zne": True}, 2 * 13 * 2),
        ({"readout_mitigation": True}, 2 * 13 + 2),
        ({"gradient": "spsa", "spsa_samples": 3}, 2 * 7),
    ],
)
def test_cost_is_what_a_step_then_runs(monkeypatch, options, circuits):
    register(monkeypatch)
    model, sampler = _qgs(backend=NAME, shots=20, **options).train(), Sampler()
    set_runner(model, DirectRunner(sampler), sampler.capabilities())
    measure(model)  # the start
    seen, cost = sampler.circuits, circuit_cost(model)
    assert cost.circuits == circuits
    model(torch.randn(2, 6)).sum().backward()
    assert sampler.circuits - seen == circuits
    assert cost.shots == circuits * 20
    assert cost.batches == 1


def test_measure_brings_values_up_to_date(monkeypatch):
    register(monkeypatch)
    model, sampler = _qgs(backend=NAME, shots=20).train(), Sampler()
    set_runner(model, DirectRunner(sampler), sampler.capabilities())
    measure(model)
    measure(model)
    assert [len(batch.circuits) for batch in sampler.batches] == [2]
    block = next(m for m in model.modules() if isinstance(m, QGSBlock))
    with torch.no_grad():
        block.angles += 0.1
    assert not block.is_fresh()
    measure(model)
    assert block.is_fresh()
    assert [len(batch.circuits) for batch in sampler.batches] == [2, 2]


def test_cost_of_smollm2_is_what_methods_says(monkeypatch):
    """30 blocks of 72 qubits: 390 circuits in two batches; 90 with one direction of SPSA."""
    register(monkeypatch)
    limits = replace(Sampler().capabilities(), max_qubits=72)
    for gradient, circuits, batches in (("shift", 390, 2), ("spsa", 90, 1)):
        config = QGSConfig(backend=NAME, gradient=gradient, shots=100, target_modules=["q"])
        model = get_peft_model(Model(blocks=30), config)
        set_runner(model, DirectRunner(Sampler()), limits)
        cost = circuit_cost(model)
        assert (cost.circuits, cost.batches, cost.shots) == (circuits, batches, 100 * circuits)
