"""The report for the run page, against the numbers it is made from."""

import torch
from peft import get_peft_model
from torch import nn

from quantum.adapters.qgs.tuner import QGSConfig
from quantum.adapters.qtha.tuner import QTHAConfig
from quantum.adapters.report import circuit_report


def _two_layers():
    return nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 4))


def _gradients(model):
    return torch.cat([p.grad for n, p in model.named_parameters() if n.endswith("angles")])


def test_qtha():
    torch.manual_seed(0)
    config = QTHAConfig(r=3, variant="BC", target_modules=["0", "1"])
    model = get_peft_model(_two_layers(), config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    before = circuit_report(model)
    assert (before.parameters, before.gradient_variance) == (24, None)
    model(torch.randn(5, 6)).square().sum().backward()
    after = circuit_report(model)
    gradients = _gradients(model)
    assert abs(after.gradient_variance / gradients.var(correction=0).item() - 1) < 1e-4
    assert abs(after.gradient_norm / gradients.norm().item() - 1) < 1e-4
    assert after.as_dict()["parameters"] == 24
    assert after.entanglement is None
    assert 0 < circuit_report(model, entanglement=True).entanglement < 1


def test_qgs():
    torch.manual_seed(0)
    config = QGSConfig(n_qubits=4, gradient="shift", target_modules=["0", "1"])
    model = get_peft_model(_two_layers(), config).train()
    assert circuit_report(model).as_dict() == {
        "parameters": 8,
        "gradient_variance": None,
        "gradient_norm": None,
        "entanglement": None,
        "circuits_run": 0,
        "batches_run": 0,
        "shots_run": 0,
    }
    model(torch.randn(5, 6)).square().sum().backward()
    report = circuit_report(model, entanglement=True)
    assert abs(report.gradient_norm / _gradients(model).norm().item() - 1) < 1e-4
    assert report.circuits_run == 1 + 13  # the start, then values and gradient
    assert (report.batches_run, report.shots_run) == (0, 0)
    assert 0 < report.entanglement < 1


def test_frozen_adapters_and_controls_have_no_trained_angles():
    for control in ("free", "span", "polynomial", "frozen", "random"):
        config = QGSConfig(n_qubits=4, control=control, target_modules=["0", "1"])
        assert circuit_report(get_peft_model(_two_layers(), config)).parameters == 0
    model = get_peft_model(_two_layers(), QGSConfig(n_qubits=4, target_modules=["0"]))
    assert circuit_report(model).parameters == 8
    assert circuit_report(model.requires_grad_(False)).parameters == 0


def test_without_circuit():
    report = circuit_report(nn.Linear(2, 2), entanglement=True)
    assert report.parameters == 0
    assert report.entanglement is None
