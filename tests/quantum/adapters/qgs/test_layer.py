"""QGS's arithmetic against dense weights, where its numbers live, and how many there are."""

import pytest
import torch
from peft import PeftModel, get_peft_model
from torch import nn

from quantum.adapters.qgs.options import CONTROLS
from quantum.adapters.qgs.signs import sign_matrix
from quantum.adapters.qgs.tuner import QGSBlock, QGSConfig
from quantum.adapters.registry import get_adapter
from quantum.exceptions import OptionError

SMOLLM2 = {
    f"model.layers.{block}.{name}": shape
    for block in range(30)
    for name, shape in {
        "self_attn.q_proj": (576, 576),
        "self_attn.k_proj": (192, 576),
        "self_attn.v_proj": (192, 576),
        "self_attn.o_proj": (576, 576),
        "mlp.gate_proj": (1536, 576),
        "mlp.up_proj": (1536, 576),
        "mlp.down_proj": (576, 1536),
    }.items()
}
SEVEN = tuple(name.rpartition(".")[2] for name in list(SMOLLM2)[:7])


class Model(nn.Module):
    """Two blocks of two layers with bias, and a layer that stands in no block."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList(
            nn.ModuleDict({"first": nn.Linear(6, 5), "second": nn.Linear(5, 6)}) for _ in range(2)
        )
        self.last = nn.Linear(6, 3)

    def forward(self, x):
        for block in self.layers:
            x = block["second"](torch.tanh(block["first"](x)))
        return self.last(x)


def adapted(move=0.3, **options):
    torch.manual_seed(1)
    options = {"n_qubits": 4, "target_modules": ["first", "second", "last"], **options}
    model = get_peft_model(Model(), QGSConfig(**options)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += move * torch.randn_like(parameter)
    return model


@pytest.mark.parametrize("form", ["input", "output"])
def test_layer_is_the_formula(form):
    model = adapted(form=form)
    layer = model.base_model.model.layers[1]["second"]
    cell, base = layer.cell("default"), layer.base_layer
    x = torch.randn(7, 5)
    with torch.no_grad():
        gamma = sign_matrix(cell._map.name, 6 if form == "output" else 5, 7)
        generated = cell.s * (gamma @ (cell.block.change()))
        if form == "input":
            weight = (1 + cell.u)[:, None] * base.weight * (1 + generated)
        else:
            weight = (1 + generated)[:, None] * base.weight
        assert torch.allclose(layer(x), x @ weight.t() + base.bias, atol=1e-6)
        assert torch.allclose(layer.get_delta_weight("default"), weight - base.weight, atol=1e-6)


@pytest.mark.parametrize("form", ["input", "output"])
def test_merge_and_unmerge_with_bias(form):
    model, x = adapted(form=form), torch.randn(7, 6)
    with torch.no_grad():
        expected, plain = model(x), Model()(x)
        assert not torch.allclose(expected, plain, atol=1e-3)
        model.merge_adapter(safe_merge=True)
        assert torch.allclose(model(x), expected, atol=1e-5)
        model.unmerge_adapter()
        assert torch.allclose(model(x), expected, atol=1e-5)
        assert torch.allclose(model.unload()(x), plain, atol=1e-5)


def test_a_zero_scaling_is_refused_by_a_safe_merge():
    model = adapted()
    with torch.no_grad():
        model.base_model.model.last.cell("default").u[1] = -1
    with pytest.raises(ValueError, match="scalings are zero"):
        model.merge_adapter(safe_merge=True)


def test_two_active_adapters_multiply():
    model, x = adapted(), torch.randn(3, 6)
    torch.manual_seed(5)
    model.add_adapter("other", QGSConfig(n_qubits=3, form="output", target_modules=["last"]))
    with torch.no_grad():
        model.base_model.model.last.qgs_block["other"].angles += 0.5
        model.base_model.set_adapter(["default", "other"])
        together = model(x)
        model.base_model.merge_adapter()
        assert torch.allclose(model(x), together, atol=1e-5)
        model.base_model.unmerge_adapter()
        model.base_model.set_adapter("default")
        assert not torch.allclose(model(x), together, atol=1e-4)


def test_each_block_has_one_circuit_that_lives_once():
    model = adapted()
    blocks = [m for m in model.modules() if isinstance(m, QGSBlock)]
    names = [n for n, _ in model.named_parameters() if n.endswith("angles")]
    assert len(blocks) == len(set(names)) == len(names) == 3
    assert [n.split(".")[-4] for n in names] == ["first", "first", "last"]
    first, second = model.base_model.model.layers[0].values()
    assert first.cell("default").block is second.cell("default").block
    assert first.cell("default").block is not model.base_model.model.last.cell("default").block


def test_maps_differ_by_seed_and_layer_and_are_always_the_same():
    first = sign_matrix("qgs/0/model.layers.0.q_proj", 4, 9)
    assert torch.allclose(first.norm(dim=1), torch.ones(4))
    assert not torch.equal(first, sign_matrix("qgs/1/model.layers.0.q_proj", 4, 9))
    assert not torch.equal(first, sign_matrix("qgs/0/model.layers.1.q_proj", 4, 9))
    # SHAKE-256 of the name: saved adapters rely on these very signs.
    assert (first[0] > 0).tolist() == [True, False, False, False, False, True, False, False, True]


@pytest.mark.parametrize(
    ("options", "targets", "count"),
    [
        ({}, ("q_proj", "v_proj"), 30 * (576 + 192 + 2 + 144)),
        ({"form": "output"}, SEVEN, 30 * (7 + 144)),
        ({"form": "output", "control": "free"}, SEVEN, 30 * (7 + 144)),
        ({"form": "output", "control": "frozen"}, SEVEN, 30 * 7),
        ({"n_layers": 2, "control": "random"}, ("q_proj",), 30 * 577),
        ({"n_layers": 2}, ("q_proj",), 30 * (577 + 216)),
    ],
)
def test_counts_on_smollm2(options, targets, count):
    assert get_adapter("qgs").count(SMOLLM2, targets, options) == count


def test_output_form_is_one_percent_of_lora():
    lora = get_adapter("lora").count(SMOLLM2, ("q_proj", "v_proj"), {"r": 8})
    own = get_adapter("qgs").count(SMOLLM2, SEVEN, {"form": "output"})
    assert (own, lora) == (4530, 460_800)


def test_bfloat16_base_keeps_float32_angles():
    torch.manual_seed(1)
    config = QGSConfig(n_qubits=4, target_modules=["first", "second", "last"])
    model = get_peft_model(Model().to(torch.bfloat16), config)
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    out = model(torch.randn(3, 6, dtype=torch.bfloat16))
    assert out.dtype == torch.bfloat16
    out.sum().backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize("control", CONTROLS)
def test_low_cpu_mem_loading(tmp_path, control):
    model, x = adapted(control=control), torch.randn(3, 6)
    with torch.no_grad():
        expected = model(x)
        model.save_pretrained(tmp_path)
        loaded = PeftModel.from_pretrained(Model(), tmp_path, low_cpu_mem_usage=True).eval()
        assert torch.equal(loaded(x), expected)


def test_inference_notices_changes():
    model, x = adapted(), torch.randn(3, 6)
    block = model.base_model.model.layers[0]["first"].qgs_block["default"]
    cell = model.base_model.model.layers[1]["second"].cell("default")
    with torch.no_grad():
        seen = [model(x)]
        for change in (block.angles, cell.s, cell.u, block.z0):
            change += 0.1
            seen.append(model(x))
            with torch.enable_grad():  # computes anew
                assert torch.allclose(model(x).detach(), seen[-1], atol=1e-6)
    assert all(not torch.equal(a, b) for a, b in zip(seen, seen[1:], strict=False))


def test_writing_through_data_is_noticed_at_the_next_change_of_mode():
    model, x = adapted(), torch.randn(3, 6)
    block = model.base_model.model.layers[0]["first"].qgs_block["default"]
    with torch.no_grad():
        before = model(x)
        block.angles.data.add_(0.5)
        assert not torch.equal(model.train().eval()(x), before)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"form": "both"}, "form"),
        ({"control": "none"}, "control"),
        ({"shots": 0}, "shots"),
        ({"n_qubits": 7, "topology": "lattice"}, "n_qubits"),
    ],
)
def test_config_says_what_is_wrong(options, field):
    with pytest.raises(OptionError) as caught:
        QGSConfig(**options)
    assert caught.value.field == field


def test_a_circuit_too_wide_to_simulate_is_refused_when_the_adapter_is_made():
    config = QGSConfig(n_qubits=72, n_layers=2, topology="lattice", target_modules=["last"])
    with pytest.raises(OptionError, match="light cones"):
        get_peft_model(Model(), config)
