"""Of a study people hear once, with its sentence; of its runs they hear nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from finetune.alerts.delivering import alert_deliver
from finetune.alerts.kinds import ALL
from finetune.alerts.models import Alert, AlertChoice, Delivery
from finetune.alerts.services import webhook_create
from finetune.alerts.words import words_of
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.transitions import run_transition
from finetune.studies.advance import study_advance, study_finish
from finetune.studies.models import Study
from finetune.studies.services import study_resume, study_stop
from tests.finetune.alerts.test_recording import HOOK, trouble
from tests.finetune.studies.conftest import order, run_end, runs_end, study  # noqa: F401 (fixtures)
from tests.finetune.studies.test_advance import advance_to_choice
from tests.finetune.studies.test_views import scores_end

pytestmark = pytest.mark.django_db


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_study_that_is_done_is_told_once(study: Study, team: Any, alice: Any) -> None:  # noqa: F811
    webhook_create(team=team, user=alice, name="all", url=HOOK, kinds=ALL)
    alice.email = "alice@example.org"
    alice.save()
    AlertChoice.objects.create(team=team, user=alice, by_mail=True, language="zh-hans")
    advance_to_choice(study)
    assert not Alert.objects.exists(), "sixteen runs have ended and said nothing"
    scores_end(study)
    study_advance(study.pk)
    study_finish(study.pk)
    [alert] = Alert.objects.all()
    assert (alert.kind, alert.study) == ("study.finished", study)
    assert alert.words.startswith("The circuit added −0.05")
    assert alert.facts["sentence"] == alert.words
    assert alert.facts["runs"] == {"ended": 16, "total": 16}
    assert study.name not in str(alert.facts)
    assert {one.kind for one in alert.deliveries.all()} == {"study.finished"}
    assert alert.deliveries.count() == 2
    with translation.override("zh-hans"):
        assert "The circuit" not in words_of([alert])[alert.pk]
    browser = browser_of(alice)
    [news] = browser.get("/alerts/news/").json()["alerts"]
    assert news["url"] == f"/studies/{study.public_id}/"
    assert study.name in news["title"]
    assert f"/studies/{study.public_id}/" in browser.get("/alerts/").content.decode()
    alert_deliver(Delivery.objects.get(user=alice).pk)
    [sent] = mail.outbox
    assert study.name in sent.subject
    assert "16" in sent.body


def test_one_that_fails_or_is_stopped_is_told(study: Study, alice: Any) -> None:  # noqa: F811
    study_advance(study.pk)
    study_stop(study=study, by=alice)
    study_resume(study=study, by=alice)
    study_advance(study.pk)
    runs_end(study, lambda cell: None)
    study_advance(study.pk)
    stopped, failed = Alert.objects.order_by("pk")
    assert (stopped.kind, failed.kind) == ("study.stopped", "study.failed")
    assert "have all failed" in failed.words
    assert failed.facts["error"] == {"code": "all_failed"}
    assert failed.facts["sentence"] is None


def test_trouble_of_its_runs_stands_on_its_page(study: Study, alice: Any) -> None:  # noqa: F811
    study_advance(study.pk)
    first, second = (cell.run for cell in study.cells.select_related("run")[:2])
    run_transition(first.pk, Run.State.RUNNING, message="Taken.", lease_owner="w")
    run_events_copy(first.pk, [trouble(1, "dead_circuit"), trouble(2, "loss_spike")])
    run_end(study.cells.get(run=second), None, Run.State.FAILED)
    assert not Alert.objects.exists()
    text = browser_of(alice).get(f"/studies/{study.public_id}/").content.decode()
    assert "2 runs met trouble" in text
    for words in ("It is dead_circuit.", "It is loss_spike.", "The loss is NaN."):
        assert words in text


def test_a_run_that_outlives_its_study_is_told_again(study: Study) -> None:  # noqa: F811
    study_advance(study.pk)
    run = study.cells.first().run
    Study.objects.all().delete()
    run_transition(run.pk, Run.State.RUNNING, message="Taken.", lease_owner="w")
    run_events_copy(run.pk, [{**trouble(1, "dead_circuit"), "time": time.time()}])
    assert Alert.objects.get().kind == "run.dead_circuit"
