"""What inference keeps between tokens is never stale, however the parameters change."""

import copy

import pytest
import torch

from quantum.adapters.qtha.cell import QTHACell
from quantum.adapters.qtha.config import QTHAConfig


@pytest.fixture
def cell():
    torch.manual_seed(0)
    made = QTHACell(48, 24, QTHAConfig(r=4, mpo_width=16))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 0.3)
    return made.eval()


def fresh(cell, x, base):
    """The same cell's answer without anything kept: gradients are on."""
    with torch.enable_grad():
        return cell(x, base).detach()


def add(parameter):
    parameter.add_(0.1)


def through_data(parameter):
    parameter.data = parameter.data * 1.5


@pytest.mark.parametrize("change", [add, through_data])
@pytest.mark.parametrize("name", ["angles", "mlp_a", "mlp_b", "cw", "qw", "mpo_a_0", "mpo_b_3"])
def test_a_changed_parameter_is_seen(cell, name, change):
    x, base = torch.randn(3, 48), torch.randn(3, 24)
    with torch.no_grad():
        before = cell(x, base)
        assert torch.allclose(before, fresh(cell, x, base), atol=1e-6)
        change(cell.get_parameter(name))
        after = cell(x, base)
    assert not torch.allclose(before, after, atol=1e-6)
    assert torch.allclose(after, fresh(cell, x, base), atol=1e-6)


def test_training_in_between_is_seen(cell):
    x, base = torch.randn(3, 48), torch.randn(3, 24)
    with torch.no_grad():
        before = cell(x, base)
    cell.train()
    cell.mlp_a.data.mul_(2)  # leaves the version counter alone
    cell.eval()
    with torch.no_grad():
        after = cell(x, base)
    assert not torch.allclose(before, after, atol=1e-6)
    assert torch.allclose(after, fresh(cell, x, base), atol=1e-6)


def test_a_copy_has_its_own(cell):
    x, base = torch.randn(3, 48), torch.randn(3, 24)
    with torch.no_grad():
        before = cell(x, base)
        twin = copy.deepcopy(cell)
        twin.mlp_a.mul_(3)
        assert not torch.allclose(twin(x, base), before, atol=1e-6)
        assert torch.equal(cell(x, base), before)


def test_inference_mode_then_no_grad(cell):
    x, base = torch.randn(3, 48), torch.randn(3, 24)
    with torch.inference_mode():
        first = cell(x, base).clone()
    with torch.no_grad():
        assert torch.allclose(cell(x, base), first, atol=1e-6)
    assert torch.allclose(fresh(cell, x, base), first, atol=1e-6)
