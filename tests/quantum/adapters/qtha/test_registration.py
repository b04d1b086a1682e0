"""Registration with the pinned PEFT, and the report for the run page."""

import importlib
import pickle

import torch
from peft import PeftConfig, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING
from peft.utils import PeftType
from torch import nn

import quantum.adapters.qtha as qtha
from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qtha import QTHAConfig, QTHAModel, circuit_report


def test_enum_member_behaves_like_one():
    member = PeftType("QTHA")
    assert member is PeftType.QTHA is PeftType["QTHA"] is extend_peft_type("QTHA")
    assert list(PeftType).count(member) == 1
    assert member == "QTHA"
    assert pickle.loads(pickle.dumps(member)) is member


def test_importing_twice_is_harmless(tmp_path):
    importlib.reload(qtha)
    assert PEFT_TYPE_TO_CONFIG_MAPPING[PeftType.QTHA] is QTHAConfig
    assert PEFT_TYPE_TO_TUNER_MAPPING[PeftType.QTHA] is QTHAModel
    QTHAConfig(r=3).save_pretrained(tmp_path)
    assert PeftConfig.from_pretrained(tmp_path).r == 3


def test_circuit_report():
    torch.manual_seed(0)
    base = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 4))
    model = get_peft_model(base, QTHAConfig(r=3, variant="BC", target_modules=["0", "1"]))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    before = circuit_report(model)
    assert (before.parameters, before.gradient_variance) == (24, None)
    model(torch.randn(5, 6)).square().sum().backward()
    after = circuit_report(model)
    gradients = torch.cat([p.grad for n, p in model.named_parameters() if n.endswith("angles")])
    assert abs(after.gradient_variance / gradients.var(correction=0).item() - 1) < 1e-4
    assert abs(after.gradient_norm / gradients.norm().item() - 1) < 1e-4
    assert after.as_dict()["parameters"] == 24


def test_report_without_circuit():
    assert circuit_report(nn.Linear(2, 2)).parameters == 0
