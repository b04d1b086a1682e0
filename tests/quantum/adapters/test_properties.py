"""One case table: every adapter goes through the same properties on a tiny Llama."""

import copy
import warnings

import pytest
import torch
from peft import PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from quantum.adapters.registry import ADAPTERS, get_adapter
from quantum.adapters.shapes import linear_shapes
from quantum.exceptions import MergeNotPossibleError

QV = ("q_proj", "v_proj")
ALL = (*QV, "k_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
QTHA = {"r": 5, "mpo_width": 8, "mpo_bond": 2}
QGS = {"n_qubits": 12}

CASES = {
    "qtha": ("qtha", QTHA, QV),
    "qtha L=2": ("qtha", {**QTHA, "n_layers": 2, "r": 3}, QV),
    "qtha all": ("qtha", QTHA, ALL),
    "qtha origin": ("qtha", {**QTHA, "init": "origin"}, QV),
    "qtha one qubit": ("qtha", {**QTHA, "r": 1, "n_layers": 2}, QV),
    "qtha two qubits": ("qtha", {**QTHA, "r": 2}, QV),
    "qtha BC": ("qtha", {**QTHA, "variant": "BC"}, QV),
    "qtha AB": ("qtha", {**QTHA, "variant": "AB", "dropout": 0.1}, QV),
    "qtha BD": ("qtha", {**QTHA, "variant": "BD"}, QV),
    "qtha BE": ("qtha", {**QTHA, "variant": "BE"}, QV),
    "qtha BF": ("qtha", {**QTHA, "variant": "BF"}, QV),
    "qtha product": ("qtha", {**QTHA, "control": "product", "n_layers": 2}, QV),
    "qtha bottleneck": ("qtha", {**QTHA, "control": "bottleneck"}, QV),
    "qtha polynomial": ("qtha", {**QTHA, "control": "polynomial", "n_layers": 2}, QV),
    "qtha span": ("qtha", {**QTHA, "control": "span"}, QV),
    "qtha frozen": ("qtha", {**QTHA, "control": "frozen"}, QV),
    "qtha random": ("qtha", {**QTHA, "control": "random", "variant": "BC"}, QV),
    "qtha one-qubit bottleneck": ("qtha", {**QTHA, "control": "bottleneck", "r": 1}, QV),
    "qtha one-qubit polynomial": ("qtha", {**QTHA, "control": "polynomial", "r": 1}, QV),
    "gatenet": ("gatenet", {}, QV),
    "gatenet all": ("gatenet", {}, ALL),
    "gatenet orthogonal": ("gatenet", {"orthogonal": True, "n_axes": 3}, QV),
    "gatenet gates only": ("gatenet", {"output_scaling": False, "n_axes": 4}, QV),
    "qgs": ("qgs", QGS, QV),
    "qgs output": ("qgs", {**QGS, "form": "output"}, ALL),
    "qgs L=2": ("qgs", {"n_qubits": 6, "n_layers": 2, "topology": "lattice"}, QV),
    "qgs shift": ("qgs", {**QGS, "gradient": "shift", "form": "output"}, ALL),
    "qgs spsa": ("qgs", {**QGS, "gradient": "spsa", "spsa_samples": 8}, QV),
    "qgs product": ("qgs", {**QGS, "control": "product"}, QV),
    "qgs product L=2": (
        "qgs",
        {"n_qubits": 6, "n_layers": 2, "topology": "lattice", "control": "product"},
        QV,
    ),
    "qgs span": ("qgs", {**QGS, "control": "span"}, QV),
    "qgs polynomial": ("qgs", {**QGS, "control": "polynomial"}, QV),
    "qgs polynomial L=2": (
        "qgs",
        {"n_qubits": 6, "n_layers": 2, "topology": "lattice", "control": "polynomial"},
        QV,
    ),
    "qgs free": ("qgs", {**QGS, "control": "free"}, QV),
    "qgs frozen": ("qgs", {**QGS, "control": "frozen"}, QV),
    "qgs random": ("qgs", {**QGS, "control": "random"}, QV),
    "qgs output product": ("qgs", {**QGS, "form": "output", "control": "product"}, ALL),
    "qgs output span": ("qgs", {**QGS, "form": "output", "control": "span"}, ALL),
    "qgs output polynomial": ("qgs", {**QGS, "form": "output", "control": "polynomial"}, ALL),
    "qgs output free": ("qgs", {**QGS, "form": "output", "control": "free"}, ALL),
    "qgs output frozen": ("qgs", {**QGS, "form": "output", "control": "frozen"}, ALL),
    "qgs output random": ("qgs", {**QGS, "form": "output", "control": "random"}, ALL),
    "lora": ("lora", {"r": 4}, QV),
    "lora all": ("lora", {"r": 4, "dropout": 0.1}, ALL),
    "dora": ("dora", {"r": 4}, QV),
    "rslora": ("rslora", {"r": 4}, QV),
    "vera": ("vera", {"r": 16}, QV),
    "ia3": ("ia3", {}, ("k_proj", "v_proj", "down_proj")),
    "ia3 attention": ("ia3", {}, QV),
    "loha": ("loha", {"r": 2}, QV),
    "lokr": ("lokr", {"r": 2}, ALL),
    "lokr dense": ("lokr", {"r": 64}, QV),
    "oft": ("oft", {"block_size": 8}, QV),
    "fourierft": ("fourierft", {"n_frequency": 50}, QV),
    "c3a": ("c3a", {"block_size": 12}, QV),
}
case = pytest.mark.parametrize("label", CASES)
IDS = torch.randint(0, 64, (2, 9), generator=torch.Generator().manual_seed(1))


def _base(dtype=torch.float32):
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=64,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).to(dtype).eval()


def _config(label):
    name, options, targets = CASES[label]
    return get_adapter(name).build_config(options, targets, seed=3)


def _adapted(label, dtype=torch.float32):
    base = _base(dtype)
    torch.manual_seed(7)
    return get_peft_model(base, _config(label)).eval()


def _moved(label, scale=0.05):
    """An adapter away from its start, so that properties are not about zeros."""
    model = _adapted(label)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += scale * torch.randn_like(parameter)
    return model


def _logits(model):
    with torch.no_grad():
        return model(IDS).logits


def test_table_covers_the_registry():
    assert {name for name, _, _ in CASES.values()} == set(ADAPTERS)


@case
def test_starts_as_exact_no_op(label):
    difference = (_logits(_adapted(label)) - _logits(_base())).abs().max()
    # DoRA divides by a norm that it has just multiplied by: equal up to rounding.
    assert difference <= (1e-6 if label == "dora" else 0)


@case
def test_count_is_pefts(label):
    name, options, targets = CASES[label]
    counted = get_adapter(name).count(linear_shapes(_base()), targets, options)
    assert counted == _adapted(label).get_nb_trainable_parameters()[0]


@case
def test_save_and_load(label, tmp_path):
    model = _moved(label)
    assert not torch.equal(_logits(model), _logits(_base()))
    model.save_pretrained(tmp_path)
    assert (tmp_path / "adapter_model.safetensors").exists()
    loaded = PeftModel.from_pretrained(_base(), tmp_path).eval()
    assert torch.equal(_logits(loaded), _logits(model))
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


@case
def test_two_adapters_and_none(label, tmp_path):
    first, second = _moved(label), _moved(label, scale=0.1)
    first.save_pretrained(tmp_path / "a")
    second.save_pretrained(tmp_path / "b")
    both = PeftModel.from_pretrained(_base(), tmp_path / "a", adapter_name="a").eval()
    both.load_adapter(tmp_path / "b", adapter_name="b")
    for name, expected in (("b", second), ("a", first), ("b", second)):
        both.set_adapter(name)
        assert torch.equal(_logits(both), _logits(expected))
    with both.disable_adapter():
        assert torch.equal(_logits(both), _logits(_base()))
    both.delete_adapter("b")
    both.set_adapter("a")
    assert torch.equal(_logits(both), _logits(first))


@case
def test_merge_equals_forward_or_says_why_not(label):
    name, options, _ = CASES[label]
    model = _moved(label)
    expected = _logits(model)
    if get_adapter(name).can_merge(options):
        merged = model.merge_and_unload()
        assert torch.allclose(_logits(merged), expected, atol=2e-5)
        assert type(merged).__name__ == "LlamaForCausalLM"
    else:
        with pytest.raises(MergeNotPossibleError, match="nonlinear"):
            model.merge_and_unload()
        assert torch.equal(_logits(model), expected)


@case
def test_training_lowers_the_loss(label):
    name, _, _ = CASES[label]
    model = _adapted(label).train()
    rate = max(get_adapter(name).default_learning_rate, 1e-2)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=rate)
    losses = []
    for _ in range(20):
        loss = model(IDS, labels=IDS).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.01
    assert all(parameter.grad is not None for parameter in trainable)


@case
def test_deep_copy_is_independent(label):
    model = _moved(label)
    expected = _logits(model)
    twin = copy.deepcopy(model)
    assert torch.equal(_logits(twin), expected)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert torch.equal(_logits(model), expected)


@case
def test_config_round_trip(label, tmp_path):
    from peft import PeftConfig

    config = _config(label)
    config.save_pretrained(tmp_path)
    loaded = PeftConfig.from_pretrained(tmp_path)
    assert type(loaded) is type(config)
    assert {k: v for k, v in loaded.to_dict().items() if k != "inference_mode"} == {
        k: v for k, v in config.to_dict().items() if k != "inference_mode"
    }


@pytest.mark.parametrize(
    "label",
    ["qtha", "qtha L=2", "qtha AB", "qgs", "qgs output", "qgs polynomial", "gatenet all"],
)
def test_gradient_checkpointing_gives_the_same_gradient(label):
    gradients = []
    for checkpointing in (False, True):
        model = _moved(label).train()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        if checkpointing:
            model.enable_input_require_grads()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.gradient_checkpointing_enable({"use_reentrant": False})
        torch.manual_seed(11)
        model(IDS, labels=IDS).loss.backward()
        gradients.append([p.grad for p in model.parameters() if p.requires_grad])
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("label", ["qtha", "gatenet all"])
def test_bfloat16_hidden_states(label):
    model = _adapted(label, torch.bfloat16).train()
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    out = model(IDS, labels=IDS)
    assert out.logits.dtype == torch.bfloat16
    out.loss.backward()
