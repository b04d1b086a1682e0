"""What an adapter file holds: use without circuits, resume, another backend, repeated steps."""

import warnings

import pytest
import torch
from peft import PeftModel, get_peft_model

from quantum.adapters.circuits import measure
from tests.quantum.adapters.qgs.models import (
    BLOCKS,
    IDS,
    base_model,
    blocks_of,
    connect,
    make_config,
    make_model,
    trainable,
)
from tests.quantum.adapters.qgs.sampler import NAME, Sampler, register


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    register(monkeypatch)


def test_a_loaded_adapter_runs_nothing(tmp_path, monkeypatch):
    model = make_model().train()
    connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    for _ in range(2):
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    measure(model)
    with torch.no_grad():
        expected = model.eval()(IDS).logits
    model.save_pretrained(tmp_path)

    def refuse(*arguments):
        raise AssertionError("no circuit may run")

    monkeypatch.setattr(Sampler, "submit", refuse)
    monkeypatch.setattr("quantum.adapters.qgs.runs.exact_values", refuse)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*missing adapter keys")
        loaded = PeftModel.from_pretrained(base_model(), tmp_path).eval()
    with torch.no_grad():
        assert torch.equal(loaded(IDS).logits, expected)
        merged = loaded.merge_and_unload()
        assert torch.allclose(merged(IDS).logits, expected, atol=1e-5)


def test_a_saved_exact_adapter_holds_the_values_of_its_angles(tmp_path, monkeypatch):
    model = make_model(backend="statevector").train()
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    model(IDS, labels=IDS).loss.backward()
    optimizer.step()
    model.save_pretrained(tmp_path)  # no evaluation in between
    with torch.no_grad():
        expected = model.eval()(IDS).logits
    monkeypatch.setattr("quantum.adapters.qgs.runs.exact_values", None)
    loaded = PeftModel.from_pretrained(base_model(), tmp_path).eval()
    with torch.no_grad():
        assert torch.equal(loaded(IDS).logits, expected)


def test_saving_a_sampled_adapter_runs_nothing(tmp_path):
    model = make_model().train()
    sampler = connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    model(IDS, labels=IDS).loss.backward()
    optimizer.step()
    seen = len(sampler.batches)
    model.save_pretrained(tmp_path)
    assert len(sampler.batches) == seen


def test_a_run_goes_on_on_another_backend(tmp_path):
    """The start is measured again there, and the change stays about what it was."""
    model = make_model(backend="statevector").train()
    optimizer = torch.optim.Adam(trainable(model), lr=0.1)
    for _ in range(3):
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(tmp_path)
    exact = [block.z - block.z0 for block in blocks_of(model)]
    moved = get_peft_model(base_model(), make_config(shots=4000)).train()
    moved.load_adapter(tmp_path, "default", is_trainable=True)  # as transformers' Trainer resumes
    sampler = connect(moved)
    moved(IDS)
    assert [len(batch.circuits) for batch in sampler.batches] == [BLOCKS, BLOCKS * 13]
    for block, change in zip(blocks_of(moved), exact, strict=True):
        assert block.start_backend == NAME
        assert change.abs().max() > 0.02
        assert torch.allclose(block.z - block.z0, change, atol=0.08)  # 5 standard errors


def test_a_repeated_step_asks_for_the_same_batches():
    prints = []
    for _ in range(2):
        model = make_model(gradient="spsa", spsa_samples=2).train()
        sampler = connect(model)
        model(IDS)
        prints.append([batch.fingerprint() for batch in sampler.batches])
    assert prints[0] == prints[1]


def test_next_step_has_other_directions_and_another_seed():
    model = make_model(gradient="spsa").train()
    sampler = connect(model)
    optimizer = torch.optim.SGD(trainable(model), lr=0.1)
    for _ in range(2):
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()
    first, second = sampler.batches[1:]
    assert first.seed != second.seed
    steps = [
        [
            [b.source - a.source for a, b in zip(base.operations, moved.operations, strict=True)
             if a.source is not None]
            for base, moved in [batch.circuits[:2]]
        ]
        for batch in (first, second)
    ]  # fmt: skip
    signs = [[x > 0 for x in found[0]] for found in steps]
    assert signs[0] != signs[1]
