"""What GateNet promises beyond the common properties: merging, several adapters, circuits."""

import pytest
import torch
from peft import get_peft_model
from peft.utils import PeftType
from torch import nn

from quantum.adapters.gatenet.cell import GateNetCell
from quantum.adapters.gatenet.steps import apply_steps
from quantum.adapters.gatenet.tuner import GateNetConfig, GateNetLinear
from quantum.exceptions import MergeNotPossibleError, OptionError


def moved(cell, scale=0.1):
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return cell


def adapted(config, *names, bias=True):
    torch.manual_seed(0)
    base = nn.Sequential(nn.Linear(48, 20, bias=bias))
    model = get_peft_model(base, config, adapter_name=names[0])
    for name in names[1:]:
        model.add_adapter(name, config)
    return model.eval()


def config(**options):
    return GateNetConfig(target_modules=["0"], **options)


def test_registered():
    assert PeftType("GATENET") is PeftType.GATENET


def test_config_refuses_what_it_cannot_do():
    with pytest.raises(OptionError, match="n_axes"):
        GateNetConfig(n_axes=1)
    with pytest.raises(TypeError, match=r"torch\.nn\.Linear only"):
        GateNetLinear(nn.Embedding(4, 4), "default", config())


def test_orthogonal_gates_make_an_orthogonal_transform():
    cell = moved(GateNetCell(48, 20, config(orthogonal=True, n_axes=3)), 1.0).double()
    total = apply_steps(torch.eye(48, dtype=torch.float64), cell.steps, cell.matrices())
    assert torch.allclose(total @ total.t(), torch.eye(48, dtype=torch.float64))
    assert not torch.allclose(total, torch.eye(48, dtype=torch.float64), atol=0.1)


def test_the_change_has_full_rank():
    model = adapted(config(), "default")
    layer = model.base_model.model[0]
    moved(layer.cell("default"))
    assert torch.linalg.matrix_rank(layer.get_delta_weight("default")) == 20


@pytest.mark.parametrize("bias", [False, True])
def test_active_adapters_multiply_in_their_order(bias):
    model = adapted(config(), "a", "b", bias=bias)
    layer = model.base_model.model[0]
    moved(layer.cell("a"), 0.1)
    moved(layer.cell("b"), 0.2)
    x = torch.randn(5, 48)
    model.base_model.set_adapter(["a", "b"])
    together = model(x)
    weight = layer.cell("b").merged(layer.cell("a").merged(layer.base_layer.weight.data))
    expected = nn.functional.linear(x, weight, layer.base_layer.bias)
    assert torch.allclose(together, expected, atol=1e-5)
    model.merge_adapter(["a", "b"])
    assert torch.allclose(model(x), expected, atol=1e-5)


def test_unmerging_gives_the_weight_back():
    model = adapted(config(), "default")
    layer = model.base_model.model[0]
    moved(layer.cell("default"))
    x, before = torch.randn(5, 48), layer.base_layer.weight.detach().clone()
    expected = model(x)
    model.merge_adapter()
    assert not torch.allclose(layer.base_layer.weight, before, atol=1e-2)
    model.unmerge_adapter()
    assert torch.allclose(layer.base_layer.weight, before, atol=1e-5)
    assert torch.allclose(model(x), expected, atol=1e-5)


@pytest.mark.parametrize("broken", ["u", "gates"])
def test_what_has_no_inverse_cannot_be_unmerged(broken):
    model = adapted(config(), "default")
    layer = model.base_model.model[0]
    cell = layer.cell("default")
    with torch.no_grad():
        if broken == "u":
            cell.u[3] = -1
        else:
            side = cell.sides[0]
            cell.gates[: side * side] = -torch.eye(side).flatten()
    model.merge_adapter()
    with pytest.raises(MergeNotPossibleError, match="base model anew"):
        model.unmerge_adapter()
    assert layer.merged_adapters == ["default"]


def test_safe_merge_refuses_broken_values():
    model = adapted(config(), "default")
    with torch.no_grad():
        model.base_model.model[0].cell("default").u[0] = torch.inf
    with pytest.raises(ValueError, match="not finite"):
        model.base_model.model[0].merge(safe_merge=True)


def test_what_inference_keeps_is_never_stale():
    cell = GateNetCell(48, 20, config()).eval()
    with torch.no_grad():
        kept = cell.matrices()
        assert cell.matrices() is kept
        cell.gates.add_(0.1)
        changed = cell.matrices()
        assert not torch.equal(changed[0], kept[0])
        cell.gates.data = cell.gates.data * 2
        assert not torch.equal(cell.matrices()[0], changed[0])
        cell.train()
        cell.gates.data.zero_()  # leaves the version counter alone
        cell.eval()
        assert torch.equal(cell.matrices()[0], torch.eye(cell.steps[0].size))
