"""Other circuits in the trained one's place: what each way is, computed by hand beside it."""

import math

import pytest
import torch

from finetune.evaluation.__main__ import main
from finetune.evaluation.scoring.ablation import circuit_put
from finetune.evaluation.scoring.exceptions import EvaluationError
from finetune.evaluation.scoring.loading import load_subject
from finetune.evaluation.scoring.score import Options, score
from finetune.evaluation.scoring.subject import run_subject
from finetune.evaluation.scoring.ways import WAYS
from finetune.training.config import RunConfig
from finetune.training.model import attach_adapter, load_base
from quantum.adapters.host import hosted_circuits
from quantum.gradients.exact import exact_values
from quantum.simulators import reference
from tests.finetune.evaluation.conftest import QGS, QTHA


def circuits(model):
    return list(hosted_circuits(model))


def put(run, way, seed=0):
    loaded = load_subject(run_subject(run, "last"))
    facts = circuit_put(loaded, way, seed)
    return loaded, facts


@pytest.mark.parametrize(
    "values",
    [{"adapter_options": QTHA | {"init": "origin"}}, {"adapter": "qgs", "adapter_options": QGS}],
)
def test_every_way_changes_the_loss_and_nothing_but_the_circuit(make_trained, values):
    run = make_trained(**values)
    subject = run_subject(run, "last", precision="float32")
    data = run / "validation.jsonl"
    losses = {way: score(subject, data, Options(circuit=way))["loss"] for way in WAYS}
    assert len({round(loss, 7) for loss in losses.values()}) == len(WAYS), losses
    again = score(subject, data, Options(circuit="random"))["loss"]
    other = score(subject, data, Options(circuit="random", seed=1))["loss"]
    assert again == losses["random"] != other
    before, after = put(run, "trained")[0].model, put(run, "random")[0].model
    for (name, one), (_, two) in zip(
        before.named_parameters(), after.named_parameters(), strict=True
    ):
        assert torch.equal(one, two) == (not name.endswith("angles")), name


def test_frozen_angles_are_those_of_the_seed(qtha_run):
    config = RunConfig.read(qtha_run / "config.json")
    new = attach_adapter(load_base(config.base_model), config)
    loaded, facts = put(qtha_run, "frozen")
    for one, other in zip(circuits(loaded.model), circuits(new), strict=True):
        assert torch.equal(one.angles, other.angles)
    assert facts["angles_changed"] > 0.9 * facts["angles"] > 0


def test_a_frozen_qgs_changes_no_scaling(qgs_run):
    """Its values are then those of the start, so only what was trained beside them is left."""
    loaded, _ = put(qgs_run, "frozen")
    for module in loaded.model.modules():
        if hasattr(module, "z0") and hasattr(module, "change"):
            assert torch.equal(module.angles, module.start)
            assert module.change().abs().max() == 0


def test_a_run_that_went_on_has_the_first_ones_angles_as_its_start(make_trained, qgs_run, qtha_run):
    for first, values in ((qgs_run, {"adapter": "qgs", "adapter_options": QGS}),
                          (qtha_run, {"adapter_options": QTHA})):  # fmt: skip
        second = make_trained(start_adapter=str(first / "adapter"), steps=2, **values)
        ended, _ = put(first, "trained")
        began, _ = put(second, "frozen")
        for one, other in zip(circuits(ended.model), circuits(began.model), strict=True):
            assert torch.equal(one.angles, other.angles)


def test_identity_leaves_the_data_alone(qtha_run):
    """All trained rotations at zero: with one layer, ⟨Z_i⟩ = cos(h_i)."""
    loaded, _ = put(qtha_run, "identity")
    cell = next(module for module in loaded.model.modules() if hasattr(module, "qw"))
    h = torch.linspace(-2, 2, 9).reshape(3, 3)
    expected = torch.cos(h) @ cell.qw.t() + h @ cell.cw.t()
    assert torch.allclose(cell.middle(h), expected, atol=1e-6)


def test_identity_measures_all_zeros(qgs_run):
    loaded, _ = put(qgs_run, "identity")
    blocks = [module for module in loaded.model.modules() if hasattr(module, "z0")]
    for block in blocks:
        assert torch.allclose(block.change(), 1 - block.z0, atol=1e-6)


def test_without_entanglers_is_a_product_of_qubits(qtha_run, qgs_run):
    """QTHA: controlled rotations at zero. QGS: cosines of sums of angles, products for ZZ."""
    loaded, facts = put(qtha_run, "no-entanglers")
    assert facts["entanglers_removed"] == 6
    cell = next(module for module in loaded.model.modules() if hasattr(module, "qw"))
    whole, h = circuits(put(qtha_run, "trained")[0].model)[0].circuit, torch.randn(4, 3)
    zeroed = cell.angles.detach().clone()
    for operation in whole.operations:
        if operation.gate == "crz":
            zeroed[operation.source.index] = 0
    values = torch.tensor(reference.expectations(whole, h.double().numpy(), zeroed)).float()
    expected = values @ cell.qw.t() + h @ cell.cw.t()
    assert torch.allclose(cell.middle(h), expected, atol=1e-5)

    loaded, facts = put(qgs_run, "no-entanglers")
    assert facts["entanglers_removed"] == 3
    for block in (module for module in loaded.model.modules() if hasattr(module, "z0")):
        single = torch.cos(block.angles.reshape(2, 4).sum(0))
        pairs = single[:-1] * single[1:]
        expected = torch.cat((single, pairs)) - block.z0
        assert torch.allclose(block.change(), expected, atol=1e-5)


@pytest.mark.parametrize("control", ["frozen", "random"])
def test_controls_of_qgs_take_other_circuits_too(make_trained, control):
    """Their values are used as they are, not relative to the start."""
    run = make_trained(adapter="qgs", adapter_options=QGS | {"control": control})
    loaded, _ = put(run, "random", seed=3)
    draw = torch.Generator().manual_seed(3)
    for block in (module for module in loaded.model.modules() if hasattr(module, "z0")):
        angles = (2 * torch.rand(8, generator=draw) - 1) * math.pi
        assert torch.equal(block.angles, angles)
        values = exact_values(block.bank.circuit, angles.unsqueeze(0))[0]
        assert torch.allclose(block.change(), values, atol=1e-6)


def test_a_run_on_shots_is_changed_exactly_and_keeps_its_start(make_trained):
    run = make_trained(
        adapter="qgs", adapter_options=QGS | {"shots": 50}, backend="aer", steps=4, eval_every=2
    )
    loaded, _ = put(run, "identity")
    kept, _ = put(run, "trained")
    blocks = [module for module in loaded.model.modules() if hasattr(module, "z0")]
    before = [module for module in kept.model.modules() if hasattr(module, "z0")]
    for block, own in zip(blocks, before, strict=True):
        assert torch.equal(block.z0, own.z0)
        assert torch.allclose(block.change(), 1 - own.z0, atol=1e-6)


def test_without_a_circuit_there_is_nothing_to_change(make_trained, capsys):
    run = make_trained(adapter_options=QTHA | {"variant": "AB"}, steps=2)
    data = run / "validation.jsonl"
    assert score(run_subject(run, "last"), data)["circuit"] is None
    with pytest.raises(EvaluationError, match="no circuit"):
        score(run_subject(run, "last"), data, Options(circuit="random"))
    arguments = ["score", str(run), "--data", str(data), "--checkpoint", "base"]
    assert main([*arguments, "--circuit", "identity"]) == 1
    assert "no circuit" in capsys.readouterr().err
