"""A check always ends with words, even where the doctor itself fails."""

import json

import pytest

from finetune.models import BaseModel
from finetune.services import checking
from finetune.services.datasets import dataset_recheck

pytestmark = pytest.mark.django_db


def test_a_doctor_that_fails_is_told(dataset, monkeypatch):
    def broken(*_):
        raise KeyError("role")

    monkeypatch.setattr(checking, "examine", broken)
    dataset_recheck(dataset=dataset, options={"seed": 8})
    checking.dataset_check(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == "failed"
    assert "KeyError" in dataset.problem["message"]
    assert dataset.problem["hint"]


def test_control_tokens_of_every_ready_base_are_looked_for(tmp_path, caplog):
    def base(slug, state="ready", **content):
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "tokenizer.json").write_text(content.get("text") or json.dumps(content))
        return BaseModel.objects.create(slug=slug, title=slug, source=str(folder), state=state)

    tokens = [{"content": "<turn>", "special": True}, {"content": "<table>", "special": False}]
    base("one", added_tokens=tokens)
    base("two", added_tokens=[{"content": "<other>", "special": True}, tokens[0]])
    base("three", state="checking", added_tokens=[{"content": "<late>", "special": True}])
    base("broken", text="{")
    BaseModel.objects.create(slug="far", title="far", source="hub/model", state="ready")
    assert checking.control_tokens() == ("<turn>", "<other>")
    assert checking.options_of({}).control_tokens == ("<turn>", "<other>")
    assert "broken" in caplog.text
