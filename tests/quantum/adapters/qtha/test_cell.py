"""QTHA's arithmetic against its formula, written out."""

import numpy as np
import pytest
import torch
from torch.nn.functional import silu

from quantum.adapters.qtha.cell import QTHACell
from quantum.adapters.qtha.factorisation import core_shapes
from quantum.adapters.qtha.mpo import apply_mpo, apply_mpo_transposed
from quantum.adapters.qtha.tuner import QTHAConfig
from quantum.exceptions import MergeNotPossibleError, OptionError
from quantum.simulators import reference


def _dense(cores, in_factors, out_factors):
    """The MPO as a matrix, by its definition: a sum over all bonds."""
    total = np.ones((1, 1, 1))  # (outs, ins, bond)
    for core, i, o in zip(cores, in_factors, out_factors, strict=True):
        left = core.shape[1] // i
        right = core.shape[0] // o
        tensor = core.detach().numpy().reshape(o, right, left, i)
        total = np.einsum("abl,orli->aobir", total, tensor)
        total = total.reshape(total.shape[0] * o, -1, right)
    return total[:, :, 0]


@pytest.mark.parametrize("bond", [1, 2, 3])
def test_mpo_is_its_dense_matrix(bond):
    ins, outs = (3, 2, 2, 1), (2, 3, 1, 4)
    cores = [torch.randn(shape, dtype=torch.float64) for shape in core_shapes(ins, outs, bond)]
    dense = torch.as_tensor(_dense(cores, ins, outs))
    right, left = torch.randn(12, 5).double(), torch.randn(5, 24).double()
    assert torch.allclose(apply_mpo(cores, ins, right), (dense @ right).t())
    assert torch.allclose(apply_mpo_transposed(cores, ins, left), (left @ dense).t())


@pytest.mark.parametrize("variant", ["ABC", "BC", "AB", "BD", "BE", "BF"])
def test_forward_is_the_formula(variant):
    torch.manual_seed(0)
    config = QTHAConfig(r=3, n_layers=2, variant=variant, mpo_width=8, mpo_bond=2, alpha=6.0)
    cell = QTHACell(12, 10, config).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.normal_()
    x, base = torch.randn(2, 4, 12).double(), torch.randn(2, 4, 10).double()
    down, up = cell.mlp_a, cell.mlp_b
    if "A" in variant:
        ins, mid, outs = (3, 2, 2, 1), (2, 2, 2, 1), (5, 2, 1, 1)
        down = down @ torch.as_tensor(_dense(cell._cores("a"), ins, mid))
        up = torch.as_tensor(_dense(cell._cores("b"), mid, outs)) @ up
    h = x.reshape(-1, 12) @ down.t()
    middle = h @ cell.cw.t()
    if "C" in variant:
        z = reference.expectations(cell.circuit, h.detach().numpy(), cell.angles.detach().numpy())
        middle = middle + torch.as_tensor(z) @ cell.qw.t()
    if variant[-1] in "DEF":
        weights = [cell.get_parameter(f"nw_{k}") for k in range(cell.n_hidden + 1)]
        y = h
        for weight in weights[:-1]:
            y = silu(y @ weight.t())
        middle = middle + y @ weights[-1].t()
        assert cell.n_hidden == "DEF".index(variant[-1]) + 1
    expected = base + 2.0 * (middle @ up.t()).reshape(2, 4, 10)
    assert torch.allclose(cell(x, base), expected, atol=1e-10)


def test_initialisations():
    torch.manual_seed(0)
    origin = QTHACell(576, 576, QTHAConfig(init="origin", variant="BC"))
    lora = QTHACell(576, 576, QTHAConfig(init="lora", variant="BC"))
    assert abs(origin.mlp_a.std() / lora.mlp_a.std() - 6**0.5) < 0.1
    assert torch.equal(lora.cw, torch.eye(8))
    assert not lora.qw.any()
    assert origin.qw.any()
    whole = QTHACell(576, 192, QTHAConfig(init="lora"))
    assert 0.3 < whole.down().std() / lora.down().std() < 3
    assert not whole.mpo_b_3.any()
    assert whole.mpo_b_2.any()


def test_own_factors():
    config = QTHAConfig(mpo_factors={"576": [9, 4, 4, 4]})
    assert QTHACell(576, 576, config).in_factors == (9, 4, 4, 4)
    with pytest.raises(OptionError, match="576"):
        QTHACell(576, 576, QTHAConfig(mpo_factors={"576": [9, 4, 4, 5]}))


def test_bad_configs():
    for bad in ({"variant": "XYZ"}, {"init": "zero"}, {"r": 0}, {"dropout": 1.0}):
        with pytest.raises(OptionError):
            QTHAConfig(**bad)


def test_nonlinear_has_no_weight():
    with pytest.raises(MergeNotPossibleError, match="SiLU"):
        QTHACell(8, 8, QTHAConfig(variant="BD", r=2)).delta_weight()
