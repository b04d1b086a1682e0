"""A run that this machine has no room for: refused with changes, each of which is then taken."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finetune.bases.models import BaseModel
from finetune.exceptions import RunRefused
from finetune.runs.checks import settings_read
from finetune.runs.form import estimates
from finetune.runs.form.estimates import RunChoice, machine_here, run_plan
from finetune.runs.form.fitting import run_changes
from finetune.runs.models import Run
from finetune.runs.worker.waiting import runs_release
from finetune.training.forecast.machine import Machine
from finetune.training.forecast.outlook import ROOM
from tests.finetune.conftest import run_ordered
from tests.finetune.runs.form.test_views import alice_client, asked, summary, typed

__all__ = ["alice_client", "asked"]
pytestmark = pytest.mark.django_db
GB = 10**9


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """1.4 GB of memory."""
    machine = replace(machine_here(), memory=int(1.4 * GB), free_memory=GB, free_disk=50 * GB)
    monkeypatch.setattr(estimates, "machine_here", lambda: machine)
    return machine


def test_it_is_refused_with_three_changes(
    alice_client: Client, base: Any, dataset: Any, small_machine: Machine
) -> None:
    form = typed(base, dataset, batch_size="32", sequence_length="512")
    html = summary(alice_client, form)
    assert "It does not fit" in html
    taken = [unescape(value) for value in re.findall(r'name="take" value="([^"]*)"', html)]
    assert len(taken) == 3
    before = Run.objects.count()
    answer = alice_client.post(reverse("run-new"), form)
    assert answer.status_code == 200
    assert "What would fit" in str(answer.context["form"].errors["batch_size"])
    assert Run.objects.count() == before
    for value in taken:
        again = alice_client.post(reverse("run-new"), {**form, "take": value})
        changed = again.context["form"]
        assert not again.context["forecast"].lacks
        assert changed["name"].value() == "Try"
        sent = {
            **form,
            **{
                name: changed[name].value()
                for name in ("batch_size", "gradient_accumulation", "sequence_length", "targets")
            },
        }
        assert not summary(alice_client, sent).count("It does not fit")
    assert Run.objects.count() == before
    assert alice_client.post(reverse("run-new"), sent).status_code == 302


def changes_offered(
    monkeypatch: pytest.MonkeyPatch, choice: RunChoice
) -> tuple[list[str], list[int]]:
    """What is offered where a machine has a little less memory than a run needs, and how many
    queries that takes."""
    roomy = run_plan(choice).forecast
    assert roomy
    machine = replace(machine_here(), memory=int(roomy.memory.middle * 0.99 / ROOM))
    monkeypatch.setattr(estimates, "machine_here", lambda: machine)
    plan = run_plan(choice)
    with CaptureQueriesContext(connection) as asked:
        found = run_changes(choice, plan)
    return [name for change in found for name in change.values], [len(asked)]


def test_what_is_offered_could_be_started(
    team: Any, base: Any, dataset: Any, run_made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on from another keeps its base and layers; a base has other layers."""
    settings = settings_read({"adapter": "lora", "batch_size": 1, "sequence_length": 512,
                              "targets": ["q_proj", "v_proj", "o_proj"]})  # fmt: skip
    choice = RunChoice(team=team, settings=settings, base=base, dataset=dataset)
    small = {"shapes": base.shapes, "parameters": base.parameters // 2, "state": "ready"}
    for number in range(4):
        BaseModel.objects.create(slug=f"small-{number}", title=f"Small {number}", **small)
    BaseModel.objects.create(
        slug="other", title="Other", state="ready", parameters=base.parameters - 1,
        shapes={"h.0.c_attn": [8, 8]},
    )  # fmt: skip
    names, [queries] = changes_offered(monkeypatch, choice)
    assert {"base", "targets"} & set(names)
    monkeypatch.undo()
    names, _ = changes_offered(monkeypatch, replace(choice, continues=run_made))
    assert names
    assert not {"base", "targets"} & set(names)
    assert queries <= 8  # what machine and earlier runs tell is read once, not for each base


def test_a_button_changes_nothing_but_settings(
    alice_client: Client, base: Any, dataset: Any
) -> None:
    answer = alice_client.post(
        reverse("run-new"), {**typed(base, dataset), "take": "name=Other&batch_size=2"}
    )
    form = answer.context["form"]
    assert (form["name"].value(), form["batch_size"].value()) == ("Try", "2")


def test_the_api_refuses_it_too(
    team: Any, alice: Any, base: Any, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = replace(machine_here(), free_disk=1000)
    monkeypatch.setattr(estimates, "machine_here", lambda: machine)
    with pytest.raises(RunRefused) as refused:
        run_ordered(team, alice, base, dataset, {"adapter": "lora"})
    assert refused.value.code == "does_not_fit"
    assert refused.value.field == "keep_checkpoints"
    assert "GB are free" in refused.value.message


def test_a_run_that_fits_only_just_is_started(
    alice_client: Client, base: Any, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = replace(machine_here(), free_memory=GB // 10)
    monkeypatch.setattr(estimates, "machine_here", lambda: machine)
    assert "fits only just" in summary(alice_client, typed(base, dataset))
    assert alice_client.post(reverse("run-new"), typed(base, dataset)).status_code == 302


def test_a_run_that_waited_for_its_data_is_refused_when_that_is_counted(
    team: Any, alice: Any, base: Any, dataset: Any, small_machine: Machine
) -> None:
    report, dataset.report, dataset.state = dataset.report, {}, "checking"
    dataset.save()
    config = {"adapter": "lora", "batch_size": 32, "sequence_length": 512}
    run = run_ordered(team, alice, base, dataset, config)
    assert run.state == Run.State.VALIDATING
    dataset.report, dataset.state = report, "ready"
    dataset.save()
    runs_release(dataset)
    run.refresh_from_db()
    assert (run.state, run.error["code"]) == (Run.State.FAILED, "does_not_fit")
    assert "What would fit" in run.error["message"]
