"""A batch in one row teaches what the padded one does, and no dialogue sees another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from finetune.training.computing.one_row import SHORT, OneRow, _attention, reads_one_row
from finetune.training.dialogues.data import IGNORED
from finetune.training.loop.metrics import token_loss
from quantum.adapters.registry import get_adapter

TARGETS = ["q_proj", "v_proj"]
KINDS: dict[str, dict[str, Any]] = {
    "lora": {"r": 4}, "qtha": {"r": 3, "mpo_width": 8, "mpo_bond": 2}, "qgs": {"n_qubits": 4},
    "gatenet": {},
}  # fmt: skip


def loaded(folder: Path, dtype: torch.dtype = torch.float64, **changes: Any) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **changes)


def with_lora(base: Any, **options: Any) -> Any:
    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules=TARGETS, init_lora_weights=False, **options)
    return get_peft_model(base, config, autocast_adapter_dtype=False)


@pytest.fixture
def model(tiny_model_dir: Path) -> Any:
    return with_lora(loaded(tiny_model_dir))


def batch(sizes: tuple[int, ...], shared: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded dialogues that begin alike; labels stand behind, in two stretches."""
    draw = torch.Generator().manual_seed(sum(sizes) + shared)
    ids = torch.randint(3, 1000, (len(sizes), max(sizes)), generator=draw)
    ids[:, :shared] = ids[0, :shared].clone()
    if len(sizes) > 1 and shared < min(sizes):
        ids[:, shared] = torch.arange(3, 3 + len(sizes))  # and no longer
    labels = torch.full_like(ids, IGNORED)
    for row, size in enumerate(sizes):
        ids[row, size:] = 2
        for start, end in ((shared + 3, shared + 6), (size - 4, size)):
            labels[row, start:end] = ids[row, start:end]
    return ids, labels


def learned(model: Any, ids: torch.Tensor, labels: torch.Tensor, one_row: bool) -> Any:
    model.zero_grad()
    loss = token_loss(model, ids, labels, one_row=one_row)
    (loss.total / loss.count).backward()
    return loss, [item.grad.clone() for item in model.parameters() if item.grad is not None]


CASES = [((30, 22, 17), 8), ((30, 30), 12), ((40, 15, 16, 20), 0), ((25, 20), 1)]


@pytest.mark.parametrize(("sizes", "shared"), CASES)
def test_loss_and_gradients_are_the_padded_batch_s(
    model: Any, sizes: tuple[int, ...], shared: int
) -> None:
    ids, labels = batch(sizes, shared)
    row = OneRow.of(ids, labels)
    assert row is not None
    assert row.shared == shared
    # what stands behind the last label is not read, nor is that label: nothing follows it
    assert row.ids.shape == (1, shared + sum(size - 1 - shared for size in sizes))
    assert [label for label in row.goal.tolist() if label != IGNORED] == [
        label for label in labels[:, 1:].flatten().tolist() if label != IGNORED
    ]
    padded, expected = learned(model, ids, labels, False)
    ours, gradients = learned(model, ids, labels, True)
    assert (ours.count, ours.correct) == (padded.count, padded.correct)
    torch.testing.assert_close(ours.total, padded.total, rtol=1e-6, atol=0)
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_adapter_learns_the_same(tiny_model_dir: Path, kind: str) -> None:
    base = loaded(tiny_model_dir, torch.float32)
    torch.manual_seed(0)
    model = get_peft_model(base, get_adapter(kind).build_config(KINDS[kind], TARGETS, 1)).train()
    with torch.no_grad():
        for item in model.parameters():
            if item.requires_grad:
                item += 0.05 * torch.randn_like(item)
    assert reads_one_row(model, model.get_base_model())
    ids, labels = batch((30, 22, 17), 8)
    padded, expected = learned(model, ids, labels, False)
    ours, gradients = learned(model, ids, labels, True)
    torch.testing.assert_close(ours.total, padded.total, rtol=1e-5, atol=0)
    one, other = (torch.cat([item.flatten() for item in part]) for part in (gradients, expected))
    assert float((one - other).norm() / other.norm()) < 1e-4


def test_no_dialogue_sees_another(model: Any) -> None:
    ids, labels = batch((30, 22, 17), 8)
    before = OneRow.of(ids, labels)
    ids[0, 9:20] += 1  # of the first dialogue, behind what is shared
    after = OneRow.of(ids, labels)
    assert before is not None
    assert after is not None
    with torch.no_grad():
        old, new = before.hidden(model.get_base_model()), after.hidden(model.get_base_model())
    first = before.shared + before.lengths[0]
    assert not torch.equal(old[before.shared : first], new[before.shared : first])
    assert torch.equal(old[: before.shared], new[: before.shared])
    assert torch.equal(old[first:], new[first:])


def test_what_saves_nothing_stays_padded() -> None:
    assert OneRow.of(*batch((30, 30), 0)) is None
    assert OneRow.of(*batch((30,), 8)) is None
    ids, labels = batch((30, 22, 17), 8)
    labels[1:] = IGNORED
    assert OneRow.of(ids, labels) is None  # one dialogue is left to learn from


def test_a_dialogue_without_labels_is_left_out(model: Any) -> None:
    ids, labels = batch((30, 22, 17), 8)
    labels[1] = IGNORED
    row = OneRow.of(ids, labels)
    assert row is not None
    assert len(row.lengths) == 2
    padded, _ = learned(model, ids, labels, False)
    ours, _ = learned(model, ids, labels, True)
    torch.testing.assert_close(ours.total, padded.total, rtol=1e-6, atol=0)


def test_the_same_reply_to_the_same_words_is_learned_twice(model: Any) -> None:
    """Two dialogues that are alike: what predicts a label is never shared."""
    ids, labels = batch((30, 30), 8)
    ids[1], labels[1] = ids[0], labels[0]
    row = OneRow.of(ids, labels)
    assert row is not None
    assert row.shared == 10  # the next position predicts the first label
    padded, expected = learned(model, ids, labels, False)
    ours, gradients = learned(model, ids, labels, True)
    assert ours.count == padded.count == 14
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-9)


def test_a_model_is_asked_whether_it_can(tiny_model_dir: Path) -> None:
    model = with_lora(loaded(tiny_model_dir))
    causal = model.get_base_model()
    assert reads_one_row(model, causal)
    assert causal.config._attn_implementation == "sdpa"  # as it was
    causal.config.layer_types = ["sliding_attention", "full_attention"]
    assert not reads_one_row(model, causal)
    causal.config.layer_types = None
    causal.config.sliding_window = 16
    assert not reads_one_row(model, causal)
    eager = with_lora(loaded(tiny_model_dir, attn_implementation="eager"))
    assert not reads_one_row(eager, eager.get_base_model())
    dropping = with_lora(loaded(tiny_model_dir), lora_dropout=0.1)
    assert not reads_one_row(dropping, dropping.get_base_model())
    attention = with_lora(loaded(tiny_model_dir, attention_dropout=0.1))
    assert not reads_one_row(attention, attention.get_base_model())


def test_a_model_that_hides_where_tokens_stand_is_found_out(
    tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_lora(loaded(tiny_model_dir))
    decoder = model.get_base_model().get_decoder()
    forward = decoder.forward
    monkeypatch.setattr(
        decoder, "forward", lambda position_ids=None, **more: forward(**more)
    )  # counts the row's positions through
    assert not reads_one_row(model, model.get_base_model())
    monkeypatch.setattr(decoder, "forward", lambda one_row=None, **more: forward(**more))
    assert not reads_one_row(model, model.get_base_model())


@pytest.mark.parametrize("lengths", [(20, 31), (SHORT + 40, 30)])
def test_short_dialogues_attend_in_float32_under_autocast(lengths: tuple[int, ...]) -> None:
    shared, draw = 9, torch.Generator().manual_seed(0)
    masks = tuple(torch.ones(n, shared + n, dtype=torch.bool).tril(shared) for n in lengths)
    row = OneRow(*[torch.empty(0)] * 3, shared, lengths, masks)
    query, key, value = (
        torch.randn(1, 4, shared + sum(lengths), 16, generator=draw).bfloat16() for _ in range(3)
    )
    module = torch.nn.Module()

    def attended(*parts: torch.Tensor) -> torch.Tensor:
        return _attention(module, *parts, None, one_row=row)[0]

    exact = attended(query.float(), key.float(), value.float())
    with torch.autocast("cpu", torch.bfloat16):
        ours = attended(query, key, value)
    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours.float(), exact, rtol=2e-2, atol=2e-2)
    sizes = (shared, *lengths)
    parts = zip(sizes, ours.split(sizes, 1), exact.split(sizes, 1), strict=True)
    rounded = [torch.equal(one, other.bfloat16()) for _, one, other in parts]
    assert rounded == [size <= SHORT for size in sizes]
