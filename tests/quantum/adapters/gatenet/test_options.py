"""GateNet's axes and counts: the numbers of METHODS, and what cannot be split."""

import pytest

from quantum.adapters.gatenet.options import gatenet_axes, gatenet_module_count
from quantum.adapters.registry import get_adapter
from quantum.exceptions import OptionError

SMOLLM2_BLOCK = {
    "q_proj": (576, 576),
    "k_proj": (192, 576),
    "v_proj": (192, 576),
    "o_proj": (576, 576),
    "gate_proj": (1536, 576),
    "up_proj": (1536, 576),
    "down_proj": (576, 1536),
}
SMOLLM2 = {f"layers.{i}.{name}": shape for i in range(30) for name, shape in SMOLLM2_BLOCK.items()}


def test_counts_of_the_design():
    spec = get_adapter("gatenet")
    assert gatenet_axes(576) == (4, 4, 4, 3, 3)
    assert gatenet_axes(1536) == (6, 4, 4, 4, 4)
    assert gatenet_module_count(576, 576, output_scaling=False) == 1713
    assert gatenet_module_count(576, 1536, output_scaling=False) == 3840
    count = spec.count(SMOLLM2, list(SMOLLM2_BLOCK))
    lora = get_adapter("lora").count(SMOLLM2, list(SMOLLM2_BLOCK), {"r": 8})
    assert count == 579_060
    assert round(100 * (1 - count / lora), 1) == 76.3
    assert spec.count(SMOLLM2, ["q_proj", "v_proj"]) == 125_820


def test_orthogonal_gates_have_half_the_numbers():
    full = gatenet_module_count(0, 576)
    half = gatenet_module_count(0, 576, orthogonal=True)
    rows = 3 * 16 + 6 * 12 + 9  # of all ten gates: their diagonals are not trained
    assert half == (full - rows) // 2


@pytest.mark.parametrize("width", [7, 2018])
def test_a_width_that_cannot_be_split_is_refused(width):
    with pytest.raises(OptionError, match=f"input width of {width}") as error:
        get_adapter("gatenet").count({"q_proj": (8, width)}, ["q_proj"])
    assert "leave that module out" in str(error.value)


def test_it_claims_no_circuit():
    spec = get_adapter("gatenet")
    assert not spec.quantum
    assert spec.circuit({"orthogonal": True}) is None
    assert spec.can_merge({"orthogonal": True})
