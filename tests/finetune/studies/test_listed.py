"""What the runs of studies made is talked to by name, and listed where somebody puts it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from finetune.bases.models import BaseModel
from finetune.runs.assistants import assistant_count, assistant_get, assistants_for
from finetune.runs.models import Run
from finetune.studies.advance import study_advance
from finetune.studies.models import Study, StudyRun
from finetune.teams.keys.services import key_create
from tests.finetune.conftest import run_ordered
from tests.finetune.studies.conftest import run_end

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(study: Study, team: Any, alice: Any, base: Any, dataset: Any) -> tuple[Run, Run]:
    """A succeeded run of a study, and one of its own."""
    study_advance(study.pk)
    cell = study.cells.all()[0]
    run_end(cell, 2.0)
    own = run_ordered(team, alice, base, dataset, {"adapter": "lora"})
    Run.objects.filter(pk=own.pk).update(state=Run.State.SUCCEEDED)
    return Run.objects.get(pk=cell.run_id), Run.objects.get(pk=own.pk)


@pytest.fixture
def browser(alice: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def listed(team: Any, **more: Any) -> set[str]:
    return {one.id for one in assistants_for(team, **more) if one.run}


def test_the_list_leaves_them_out_until_somebody_puts_one_there(
    made: tuple[Run, Run], team: Any, browser: Client
) -> None:
    of_study, own = made
    name = str(of_study.fine_tuned_model)
    assert listed(team) == {own.fine_tuned_model}
    assert listed(team, studies=True) == {own.fine_tuned_model, name}
    assert assistant_get(team, name) is not None
    assert assistant_get(team, of_study.public_id) is not None
    before = assistant_count(team)
    assert "Put it among the assistants" in browser.get(
        f"/runs/{of_study.public_id}/").content.decode()  # fmt: skip
    browser.post(f"/runs/{of_study.public_id}/listed/", {"listed": "1"})
    assert listed(team) == {own.fine_tuned_model, name}
    assert assistant_count(team) == before + 1
    text = browser.get(f"/runs/{of_study.public_id}/").content.decode()
    assert "Take it out of the assistants" in text
    browser.post(f"/runs/{of_study.public_id}/listed/", {"listed": "0"})
    assert listed(team) == {own.fine_tuned_model}
    assert browser.post(f"/runs/{own.public_id}/listed/", {"listed": "1"}).status_code == 404


def test_the_chat_offers_a_filter_and_takes_a_link(
    made: tuple[Run, Run], browser: Client, base: Any
) -> None:
    BaseModel.objects.update(state=BaseModel.State.READY)
    name = str(made[0].fine_tuned_model)
    page = browser.get("/chat/new/").content.decode()
    assert name not in page
    assert "1 run of a study too" in page
    for address in ("/chat/new/", "/chat/assistants/"):
        assert name in browser.get(address, {"studies": "1"}).content.decode()
    linked = browser.get("/chat/new/", {"assistant": name}).content.decode()
    assert f'value="{name}" selected' in linked


def test_the_api_lists_them_when_asked(made: tuple[Run, Run], team: Any, alice: Any) -> None:
    _, secret = key_create(team=team, user=alice, name="hers")
    headers = {"authorization": f"Bearer {secret}"}
    of_study, own = (str(run.fine_tuned_model) for run in made)

    def ids(query: str = "") -> list[str]:
        answer = Client().get(f"/v1/models{query}", headers=headers)
        return [one["id"] for one in answer.json()["data"]]

    assert of_study not in ids()
    assert own in ids()
    assert {of_study, own} <= set(ids("?studies=true"))
    assert of_study not in ids("?limit=50")
    assert of_study in ids("?limit=50&studies=true")
    assert Client().get(f"/v1/models/{of_study}", headers=headers).json()["id"] == of_study
    StudyRun.objects.filter(run=made[0]).update(listed=True)
    assert of_study in ids()


def test_a_run_that_outlives_its_study_is_one_like_others(
    made: tuple[Run, Run], team: Any, study: Study
) -> None:
    study.delete()
    assert listed(team) == {str(run.fine_tuned_model) for run in made}
