"""A new adapter is one folder and one line: form, trainer, circuit report and engine follow."""

import json

import pytest
import torch
from django.test import Client
from django.urls import reverse

from chat.engine.inference.assistants import AssistantStore
from finetune.explorer.experiment.compute import compute
from finetune.explorer.experiment.spec import Spec, SpecError
from finetune.training.model import load_tokenizer
from finetune.training.run_circuit import circuit_for
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS
from tests.finetune.training.conftest import folder_made, trained
from tests.made_up.spec import MADE_UP


@pytest.fixture
def known(monkeypatch):
    """The one line: the adapter in the registry."""
    monkeypatch.setitem(ADAPTERS, MADE_UP.name, MADE_UP)


def test_the_form_offers_and_counts_it(known, alice, dataset, base):
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("run-new")).content.decode()
    assert MADE_UP.title in page
    assert 'name="madeup-wires"' in page
    settings = RunSettings(adapter="madeup", adapter_options={"wires": 4})
    assert circuit_for(settings, ["model.layers.0.self_attn.q_proj"]).qubits == 4


def test_the_explorer_offers_its_circuits(known, alice, team):
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("quantum-explorer")).content.decode()
    assert MADE_UP.family.help in page
    assert "Made Up: up to 6." in page
    spec = Spec(family="madeup", qubits=3)
    spec.check()
    assert spec.title == "Made Up, 3 qubits, 1 layer"
    assert compute(spec.to_dict())["circuit"]["qubits"] == 3
    with pytest.raises(SpecError, match="1 to 6 qubits"):
        Spec(family="madeup", qubits=7).check()


def test_it_trains_reports_its_circuit_and_is_served(known, tmp_path, tiny_model_dir):
    folder = folder_made(
        tmp_path / "run",
        tiny_model_dir,
        adapter="madeup",
        adapter_options={"wires": 3},
        learning_rate=1e-2,
    )
    assert trained(folder) == 0
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    last = [line["data"] for line in lines if line["type"] == "metrics"][-1]
    assert last["circuit_gradient_norm"] > 0
    measured = [line["data"] for line in lines if line["type"] == "evaluation"][-1]
    assert 0 < measured["circuit_entanglement"] <= 1
    assert (folder / "circuit-light.svg").exists()

    shelf = tmp_path / "assistants"
    shelf.mkdir()
    card = {"name": "mine", "base": str(tiny_model_dir), "adapter": str(folder / "adapter")}
    (shelf / "mine.json").write_text(json.dumps(card))
    (shelf / "base.json").write_text(json.dumps({**card, "name": "base", "adapter": None}))
    store = AssistantStore(shelf, device="cpu", loaded=2, prefix_bytes=0)
    ids = torch.tensor([load_tokenizer(str(tiny_model_dir))[0]("Hello").input_ids])
    with torch.inference_mode():
        tuned, plain = (
            store.load(store.card(name)).model(input_ids=ids).logits for name in ("mine", "base")
        )
    assert not torch.equal(tuned, plain)
