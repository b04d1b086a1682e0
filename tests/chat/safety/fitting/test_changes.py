"""What is kept of a trained encoder: read back it is the trained one, as far as the rank goes."""

import copy

import pytest
import torch
from peft import PeftModel
from transformers import BertConfig, BertModel

from chat.safety.fitting.changes import changes_save

CONFIG = BertConfig(
    vocab_size=50,
    hidden_size=96,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=128,
    max_position_embeddings=32,
)
IDS = torch.arange(20).reshape(2, 10)


def changed(model, rank):
    """A copy whose upper layer's matrices differ by this rank."""
    other = copy.deepcopy(model)
    for parameter in other.encoder.layer[1].parameters():
        if parameter.ndim == 2:
            rows, columns = parameter.shape
            parameter.data += 0.02 * torch.randn(rows, rank) @ torch.randn(rank, columns)
    return other


@pytest.fixture
def model():
    torch.manual_seed(1)
    return BertModel(CONFIG, add_pooling_layer=False).train(False)


@pytest.mark.parametrize(("rank", "whole"), [(3, True), (96, False)])
def test_the_encoder_comes_back(model, tmp_path, rank, whole):
    before, after = copy.deepcopy(model), changed(model, rank)
    share = changes_save(before, after, tmp_path)
    assert share == pytest.approx(1.0, abs=1e-5) if whole else 0.5 < share < 0.999
    read = PeftModel.from_pretrained(model, tmp_path).merge_and_unload()
    with torch.no_grad():
        wanted, found = (one(input_ids=IDS).last_hidden_state for one in (after, read))
    assert torch.allclose(wanted, found, atol=5e-2) is whole


def test_nothing_changed_is_nothing_kept(model, tmp_path):
    assert changes_save(copy.deepcopy(model), model, tmp_path) == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
