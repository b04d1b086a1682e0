"""The registry: validation, counts and lookups, without a model."""

import pytest

from quantum.adapters.qtha.factorisation import factorise
from quantum.adapters.registry import ADAPTERS, get_adapter, reference_count
from quantum.exceptions import OptionError, UnknownNameError


def _shapes(blocks, hidden, kv):
    rows = {}
    for i in range(blocks):
        rows[f"model.layers.{i}.self_attn.q_proj"] = (hidden, hidden)
        rows[f"model.layers.{i}.self_attn.v_proj"] = (kv, hidden)
        rows[f"model.layers.{i}.self_attn.o_proj"] = (hidden, hidden)
    return rows


SMOLLM2 = _shapes(30, 576, 192)
QWEN_7B = _shapes(28, 3584, 512)
QV = ("q_proj", "v_proj")


def test_counts_of_the_paper():
    options = {"r": 10, "n_layers": 1, "mpo_width": 256, "mpo_bond": 8}
    assert get_adapter("qtha").count(QWEN_7B, QV, options) == 752_640
    assert get_adapter("lora").count(QWEN_7B, QV, {"r": 10}) == 3_153_920
    assert get_adapter("qtha").count(SMOLLM2, QV, {"r": 8, "n_layers": 2}) == 92_880
    assert reference_count(SMOLLM2) == 460_800


def test_factors():
    table = {
        3584: (8, 8, 8, 7),
        512: (8, 4, 4, 4),
        256: (4, 4, 4, 4),
        576: (6, 6, 4, 4),
        192: (4, 4, 4, 3),
        32: (4, 2, 2, 2),
        18944: (37, 8, 8, 8),
        4096: (8, 8, 8, 8),
        5120: (10, 8, 8, 8),
        2560: (8, 8, 8, 5),
        2048: (8, 8, 8, 4),
        1024: (8, 8, 4, 4),
        7: (7, 1, 1, 1),
        1: (1, 1, 1, 1),
    }
    assert {dimension: factorise(dimension) for dimension in table} == table


def test_unknown_adapter_lists_known_ones():
    with pytest.raises(UnknownNameError, match=r"qtha, qgs, gatenet, lora"):
        get_adapter("lorra")


@pytest.mark.parametrize(
    ("name", "options", "field", "allowed"),
    [
        ("qtha", {"r": 0}, "r", "a whole number from 1 to 12"),
        ("qtha", {"r": 8.5}, "r", "whole number"),
        ("qtha", {"r": "many"}, "r", "whole number"),
        ("qtha", {"r": True}, "r", "whole number"),
        ("qtha", {"variant": "ABX"}, "variant", "ABC, BC, AB, BD, BE, BF"),
        ("qtha", {"dropout": float("nan")}, "dropout", "from 0 to 0.9"),
        ("qtha", {"colour": 1}, "colour", "n_layers"),
        ("lora", {"alpha": -1}, "alpha", "from 0.01"),
    ],
)
def test_bad_options_say_field_and_range(name, options, field, allowed):
    with pytest.raises(OptionError) as caught:
        get_adapter(name).validate(options)
    assert caught.value.field == field
    assert allowed in str(caught.value)


def test_options_from_a_form_are_texts():
    clean = get_adapter("qtha").validate({"r": "4", "alpha": "8", "variant": "BC"})
    assert (clean["r"], clean["alpha"], clean["variant"], clean["n_layers"]) == (4, 8.0, "BC", 1)
    assert isinstance(clean["r"], int)


def test_no_module_matches():
    with pytest.raises(OptionError, match="o_proj, q_proj, v_proj"):
        get_adapter("lora").count(SMOLLM2, ("query",))


def test_blocks_must_divide():
    with pytest.raises(OptionError, match="does not divide the width 576"):
        get_adapter("c3a").count(SMOLLM2, QV, {"block_size": 5})


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_entry_is_complete(name):
    spec = get_adapter(name)
    assert spec.name == name
    assert spec.title
    assert spec.help.endswith(".")
    assert spec.default_targets
    assert spec.default_learning_rate > 0
    for field in spec.fields:
        assert field.label
        assert field.help.endswith(".")
        assert field.clean(field.default) == field.default
    assert spec.validate() == spec.validate(spec.validate())


def test_circuit_and_merge_depend_on_variant():
    spec = get_adapter("qtha")
    assert spec.circuit({"r": 5, "n_layers": 2}).n_qubits == 5
    assert spec.circuit({"variant": "AB"}) is None
    assert spec.can_merge({"variant": "AB"})
    assert not spec.can_merge({})
    assert get_adapter("lora").circuit() is None
    assert get_adapter("lora").can_merge()
