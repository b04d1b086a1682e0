"""The reference: exactly the base, whatever the adapter has learned; kept, and taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.training.config import RunConfig
from finetune.training.exceptions import BadConfig
from finetune.training.preference.pairs import pair_encoded
from finetune.training.preference.reference import FILE, Reference, adapter_off
from tests.finetune.training.preference.conftest import Make, pair

ADAPTERS = {
    "lora": {},
    "qtha": {"r": 3, "mpo_width": 8, "mpo_bond": 2, "dropout": 0.1},
    "qgs": {},
    "gatenet": {},
}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_that_is_off_leaves_the_base_to_the_bit(
    adapter: str, tiny_model_dir: Path
) -> None:
    from finetune.training.model import attach_adapter, load_base

    config = RunConfig.from_dict(
        {
            "base_model": str(tiny_model_dir),
            "train_file": "x",
            "adapter": adapter,
            "adapter_options": ADAPTERS[adapter],
        }
    )
    ids = torch.randint(3, 200, (3, 12), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = load_base(str(tiny_model_dir))(input_ids=ids).logits
        model = attach_adapter(load_base(str(tiny_model_dir)), config)
        for part in model.parameters():
            if part.requires_grad:
                part.add_(0.1 * torch.randn_like(part))
        learns = [name for name, part in model.named_parameters() if part.requires_grad]
        for training in (False, True):
            model.train(training)
            with adapter_off(model):
                assert torch.equal(model(input_ids=ids).logits, expected)
        model.eval()
        assert not torch.allclose(model(input_ids=ids).logits, expected)
    assert learns
    assert [name for name, part in model.named_parameters() if part.requires_grad] == learns


class Left(Exception):
    """Somebody asked to leave."""


def test_what_was_computed_is_kept_and_not_computed_again(
    tmp_path: Path, tiny_model_dir: Path
) -> None:
    from finetune.training.dialogues.chat_format import ChatFormat
    from finetune.training.model import load_tokenizer

    chat = ChatFormat(load_tokenizer(str(tiny_model_dir))[0])

    def made(count: int) -> list[Any]:
        return [pair_encoded(chat, pair(number), "", 100)[0] for number in range(count)]

    asked: list[int] = []

    def sums(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        asked.append(len(batch["reference"]))
        return -batch["input_ids"].sum(dim=1).float() / 7

    def leave_after(batches: int) -> Any:
        def look() -> None:
            if len(asked) >= batches:
                raise Left

        return look

    first = made(7)
    with pytest.raises(Left):
        Reference(tmp_path, "base", [first], size=2, pad=0).take(sums, leave_after(2))
    again = made(7)
    assert Reference(tmp_path, "base", [again], size=2, pad=0).take(sums, lambda: None) == 3
    assert asked == [4, 4, 4, 2]
    alone = made(7)
    assert Reference(tmp_path / "..", "base", [alone], size=2, pad=0).pairs == 7
    (tmp_path / FILE).unlink()
    Reference(tmp_path, "base", [alone], size=2, pad=0).take(sums, lambda: None)
    assert [one.reference for one in again] == [one.reference for one in alone]
    assert all(one.reference[0] < 0 for one in again)
    other = made(6)  # other pairs: nothing of the file is of use
    assert Reference(tmp_path, "base", [other], size=2, pad=0).take(sums, lambda: None) == 6
    (tmp_path / FILE).write_text("{")
    assert Reference(tmp_path, "base", [made(6)], size=2, pad=0).take(sums, lambda: None) == 6


def test_an_adapter_on_a_sampling_machine_is_no_reference(make_pairs: Make) -> None:
    folder = make_pairs()
    values = json.loads((folder / "config.json").read_text())
    sampled = {**values, "adapter": "qgs", "backend": "aer"}
    assert RunConfig.from_dict(sampled).kind == "preference"
    with pytest.raises(BadConfig, match="its reference"):
        RunConfig.from_dict({**sampled, "start_adapter": "/tmp/adapter"})
    with pytest.raises(BadConfig, match="takes one device"):
        RunConfig.from_dict({**values, "devices": 2})
