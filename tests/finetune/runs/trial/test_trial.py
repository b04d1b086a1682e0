"""One step before a run: asked for in the form, computed by the trainer, used by the forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.runs import checks
from finetune.runs.form import form
from finetune.runs.trial import execution
from finetune.runs.trial.models import Trial
from finetune.training.config import ANSWER
from quantum.processor import multiplies_bfloat16
from tests.finetune.runs.form.test_views import alice_client, asked, summary, typed

__all__ = ["alice_client", "asked"]
pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def lora(base: Any, dataset: Any, **changes: Any) -> dict[str, Any]:
    return typed(base, dataset, adapter="lora", **changes)


def ask(client: Client, form: dict[str, Any]) -> str:
    answer = client.post(reverse("run-try"), form, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_is_asked_for_once(alice_client: Client, base: Any, dataset: Any) -> None:
    html = ask(alice_client, lora(base, dataset))
    trial = Trial.objects.get()
    assert reverse("run-trial", args=[trial.public_id]) in html
    ask(alice_client, lora(base, dataset, steps="90", seed="3"))
    assert Trial.objects.count() == 1
    ask(alice_client, lora(base, dataset, batch_size="2"))
    assert Trial.objects.count() == 2
    assert "needs" not in ask(alice_client, lora(base, dataset, steps="x"))
    assert Trial.objects.count() == 2


def test_without_javascript_the_form_comes_again(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    answer = alice_client.post(reverse("run-try"), lora(base, dataset))
    assert answer.status_code == 200
    assert answer.context["trial"] == Trial.objects.get()
    assert 'value="Try"' in answer.content.decode()


def test_nothing_is_tried_where_it_costs_money_or_does_not_fit(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    html = ask(alice_client, lora(base, dataset, batch_size="1024", sequence_length="8192",
                                  system_prompt="long " * 700))  # fmt: skip
    assert Trial.objects.count() == (0 if "does not fit" in html else 1)
    billable = typed(base, dataset, adapter="qgs", backend="wukong")
    ask(alice_client, billable)
    assert not Trial.objects.filter(sampled="wukong").exists()


def test_nor_where_the_base_may_not_fit_one_device(
    alice_client: Client, base: Any, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (form, checks):
        monkeypatch.setattr(module, "devices_reported", lambda: 2)
    html = ask(alice_client, lora(base, dataset, devices="2", sharding="base"))
    assert "A trial takes one device" in html
    assert not Trial.objects.exists()


def test_the_forecast_rests_on_it(alice_client: Client, base: Any, dataset: Any) -> None:
    ask(alice_client, lora(base, dataset))
    trial = Trial.objects.get()
    trial.state, trial.finished_at = Trial.State.DONE, timezone.now()
    here, other = ("bfloat16", "float32")[:: 1 if multiplies_bfloat16() else -1]
    trial.result = {"step_seconds": 30.0, "peak_bytes": 3 * 10**9, "precision": here,
                    "tokens": 500, "threads": 2}  # fmt: skip
    trial.save()
    html = summary(alice_client, lora(base, dataset, precision=other))
    assert "From the step that was tried" not in html  # precision is one of the settings
    assert 'id="run-trial"' in html
    assert "took 30 s" not in html  # which was of other settings
    assert "3.00 GB" in summary(alice_client, lora(base, dataset, seed="4"))
    html = summary(alice_client, lora(base, dataset, steps="40"))
    assert "From the step that was tried" in html
    assert 'aria-labelledby="trial-title" hx-swap-oob="true"' in html
    assert "took 30 s" in html
    whole = alice_client.post(reverse("run-try"), lora(base, dataset)).content.decode()
    assert whole.count('id="run-trial"') == 1
    assert "hx-swap-oob" not in whole.partition('id="run-trial"')[2].partition(">")[0]
    part = alice_client.get(reverse("run-trial", args=[trial.public_id])).content.decode()
    assert "took 30 s" in part
    assert reverse("run-summary") in part


def test_nobody_else_sees_it(
    client: Client, alice_client: Client, base: Any, dataset: Any, charlie: Any
) -> None:
    ask(alice_client, lora(base, dataset))
    client.force_login(charlie)
    address = reverse("run-trial", args=[Trial.objects.get().public_id])
    assert client.get(address).status_code == 404


@pytest.mark.processes
def test_the_trainer_computes_it(
    alice_client: Client, base: Any, dataset: Any, tiny_model_dir: Path
) -> None:
    base.source, base.parameters = str(tiny_model_dir), 2_400_000
    base.save()
    ask(alice_client, lora(base, dataset))
    execution.trial_run(Trial.objects.get().pk)
    trial = Trial.objects.get()
    assert trial.state == "done", trial.message
    assert trial.result["step_seconds"] > 0
    assert trial.result["longest_tokens"] >= trial.result["tokens"]
    assert trial.result["peak_bytes"] > 10**8
    assert not (Path(settings.RUN_DIR) / trial.public_id).exists()
    execution.trial_run(trial.pk)  # a message that comes twice
    assert Trial.objects.get().finished_at == trial.finished_at


@pytest.mark.processes
def test_why_it_cannot_be_trained_is_said(alice_client: Client, base: Any, dataset: Any) -> None:
    ask(alice_client, lora(base, dataset))  # the base's folder does not exist
    execution.trial_run(Trial.objects.get().pk)
    trial = Trial.objects.get()
    assert trial.state == "failed"
    assert "no folder" in trial.message


def test_a_trial_whose_worker_was_lost_is_ended(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    ask(alice_client, lora(base, dataset))
    long_ago = timezone.now() - timezone.timedelta(minutes=5)
    Trial.objects.update(state=Trial.State.WORKING, started_at=long_ago)
    execution.trials_recheck()
    assert Trial.objects.get().state == "failed"


def test_an_answer_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode = -9

    monkeypatch.setattr(execution.subprocess, "run", lambda *_, **__: Done())
    with pytest.raises(execution.StudioError, match="memory ran out"):
        execution.computed(tmp_path)
    (tmp_path / ANSWER).write_text(json.dumps({"problem": "No data.", "hint": "Add some."}))
    with pytest.raises(execution.StudioError, match=r"No data\. Add some\."):
        execution.computed(tmp_path)
