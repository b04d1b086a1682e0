"""Deleting a study: its runs go, those that are used elsewhere stay, quotas forget nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chat.conversations.models import Conversation
from chat.personas.models import Persona, PersonaVersion
from finetune.bases.publishing import assistant_file
from finetune.exports.models import Export
from finetune.runs.models import Run
from finetune.runs.queue.quotas import steps_used
from finetune.runs.use.services import use_keep
from finetune.studies.advance import study_advance
from finetune.studies.deletion import study_delete
from finetune.studies.exceptions import StudyRefused
from finetune.studies.links import link_create
from finetune.studies.models import Study, StudyRun
from finetune.studies.services import study_stop
from tests.finetune.studies.conftest import run_end

pytestmark = pytest.mark.django_db
State = Study.State


@pytest.fixture
def stopped(study: Study, alice: Any) -> Study:
    """A study that was stopped after three runs had ended; the others are cancelled."""
    study_advance(study.pk)
    for cell in study.cells.all()[:3]:
        run_end(cell, 2.0)
    study_stop(study=study, by=alice)
    study.refresh_from_db()
    return study


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_its_runs_go_with_files_and_assistants(
    stopped: Study, django_capture_on_commit_callbacks: Any
) -> None:
    ended = stopped.cells.select_related("run")[0].run
    stopped.folder.mkdir(parents=True, exist_ok=True)
    published = assistant_file(ended.public_id)
    published.parent.mkdir(parents=True, exist_ok=True)
    published.write_text("{}")
    steps = steps_used(stopped.team_id)
    assert steps == 60
    for cell in stopped.cells.select_related("run"):
        use_keep(cell.run)
    with django_capture_on_commit_callbacks(execute=True):
        gone = study_delete(study=stopped)
    assert (len(gone.going), gone.kept) == (12, [])
    assert not Run.objects.exists()
    assert not Study.objects.exists()
    assert not any(path.exists() for path in (stopped.folder, ended.folder, published))
    assert steps_used(stopped.team_id) == steps, "a quota is not won back by deleting"


def test_what_is_used_elsewhere_stays(stopped: Study, team: Any, alice: Any) -> None:
    cells = list(stopped.cells.select_related("run__base", "run__team"))
    for cell, name in zip(cells, ("talked", "checkpoint", "exported"), strict=False):
        Run.objects.filter(pk=cell.run_id).update(name=name)
    talked, checkpoint, exported, spoken = (cell.run for cell in cells[:4])
    Conversation.objects.create(team=team, user=alice, assistant_a=talked.fine_tuned_model)
    short = checkpoint.public_id.removeprefix("ftjob-")
    Conversation.objects.create(
        team=team, user=alice, assistant_a=cells[0].run.base.slug,
        assistant_b=f"ft:b:{team.slug}:run:{short}:ckpt-step-2",
    )  # fmt: skip
    Export.objects.create(run=exported, created_by=alice, parts=["adapter"])
    persona = Persona.objects.create(team=team, slug="warm")
    PersonaVersion.objects.create(
        persona=persona,
        number=1,
        name="Warm",
        assistant=f"ft:b:{team.slug}:run:{spoken.public_id[6:]}",
    )
    StudyRun.objects.filter(pk=cells[4].pk).update(listed=True)
    page = browser_of(alice).get(f"/studies/{stopped.public_id}/delete/").content.decode()
    for words in ("talked</a>", "talked to", "exported</a>", "persona speaks through it"):
        assert words in page, words
    assert "7 runs go too" in page
    gone = study_delete(study=stopped)
    assert {one.run.pk: one.reason for one in gone.kept} == {
        talked.pk: "talked to",
        checkpoint.pk: "talked to",
        exported.pk: "exported",
        spoken.pk: "a persona speaks through it",
        cells[4].run_id: "put among the assistants",
    }
    assert set(Run.objects.values_list("pk", flat=True)) == {one.run.pk for one in gone.kept}
    assert Export.objects.exists()


def test_the_runs_may_stay(stopped: Study, alice: Any) -> None:
    _link, token = link_create(study=stopped, user=alice)
    browser = browser_of(alice)
    assert "1 share link leads nowhere then" in browser.get(
        f"/studies/{stopped.public_id}/delete/").content.decode()  # fmt: skip
    answer = browser.post(f"/studies/{stopped.public_id}/delete/", {"runs": "keep"}, follow=True)
    assert "Runs deleted with it: 0; kept: 12" in answer.content.decode()
    assert Run.objects.count() == 12
    assert not Study.objects.exists()
    assert Client().get(f"/studies/shared/{token}/").status_code == 404
    run = Run.objects.first()
    assert browser.get(f"/runs/{run.public_id}/").status_code == 200


def test_one_that_works_is_refused_with_what_to_do(study: Study, alice: Any) -> None:
    browser = browser_of(alice)
    for state, words in ((State.RUNNING, "Stop it first"), (State.SCORING, "being scored")):
        Study.objects.update(state=state)
        with pytest.raises(StudyRefused, match=words):
            study_delete(study=study)
        for ask in (browser.get, browser.post):
            answer = ask(f"/studies/{study.public_id}/delete/", follow=True)
            assert words in answer.content.decode()
        assert "Delete…" not in browser.get(f"/studies/{study.public_id}/").content.decode()
    assert Study.objects.exists()


def test_runs_at_work_are_not_torn_from_their_workers(study: Study, alice: Any) -> None:
    study_advance(study.pk)
    working = study.cells.first().run
    Run.objects.filter(pk=working.pk).update(state=Run.State.RUNNING)
    study_stop(study=study, by=alice)
    with pytest.raises(StudyRefused, match="still at work"):
        study_delete(study=study)
    study_delete(study=study, runs=False)
    working.refresh_from_db()
    assert working.state == Run.State.RUNNING


def test_others_cannot(stopped: Study, charlie: Any) -> None:
    answer = browser_of(charlie).post(f"/studies/{stopped.public_id}/delete/")
    assert answer.status_code == 404
    assert Study.objects.exists()
