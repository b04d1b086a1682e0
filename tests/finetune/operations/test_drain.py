"""While the operator drains the site, workers begin nothing; afterwards what waited goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from finetune.evaluation.execution import evaluation_run
from finetune.evaluation.models import Evaluation
from finetune.exceptions import StudioError
from finetune.operations.models import Drain
from finetune.operations.selectors import drain_now
from finetune.operations.services import drain_end, drain_start
from finetune.runs.models import Run
from finetune.runs.queue.line import place_of, runs_startable
from finetune.runs.trial.execution import trial_run
from finetune.runs.trial.models import Trial
from finetune.runs.worker.hold import claim_next
from finetune.teams.models import User

pytestmark = pytest.mark.django_db


def test_no_run_is_taken_until_it_ends(run_made: Run, alice: Any) -> None:
    drain_start(user=alice, reason="a new disk")
    assert claim_next("a worker") is None
    assert runs_startable() == []  # so no message is sent again and again
    place = place_of(run_made)
    assert place is not None
    assert place.draining
    assert place.starts_at is None
    with pytest.raises(StudioError, match="already"):
        drain_start(user=alice, reason="again")
    assert Drain.objects.count() == 1

    drain_end()
    assert drain_now() is None
    assert claim_next("a worker") == run_made
    with pytest.raises(StudioError, match="what waits already"):
        drain_end()
    drain_start(user=alice, reason="")  # a second one, later
    assert Drain.objects.count() == 2


def test_evaluations_and_trials_wait_too(
    run_made: Run, team: Any, alice: Any, base: Any, dataset: Any
) -> None:
    evaluation = Evaluation.objects.create(
        team=team, created_by=alice, base=base, kind=Evaluation.Kind.values[0], dataset=dataset
    )
    trial = Trial.objects.create(
        team=team, created_by=alice, base=base, dataset=dataset, config={}, work={}
    )
    drain_start(user=alice, reason="")
    evaluation_run(evaluation.pk)
    trial_run(trial.pk)
    evaluation.refresh_from_db()
    trial.refresh_from_db()
    assert (evaluation.state, trial.state) == (Evaluation.State.WAITING, Trial.State.WAITING)
    assert evaluation.attempts == 0


def test_the_page_of_the_queue_says_so(run_made: Run, alice: Any, client: Client) -> None:
    drain_start(user=alice, reason="")
    client.force_login(alice)
    page = client.get(reverse("run-queue")).content.decode()
    assert "begin nothing new for now" in page


def test_the_console_switches_it(run_made: Run, alice: Any) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a-good-password-9"))
    answer = client.post(reverse("admin:drain"), {"reason": "move <house>"}, follow=True)
    page = answer.content.decode()
    assert "No worker begins a run" in page
    assert "by root: move &lt;house&gt;" in page
    assert "the machine can be stopped" in page
    again = client.post(reverse("admin:drain"), {"reason": ""}, follow=True).content.decode()
    assert "No worker begins anything new already." in again
    ended = client.post(reverse("admin:drain"), {"do": "end"}, follow=True).content.decode()
    assert "Workers begin what waits again." in ended
    assert client.get(reverse("admin:drain")).status_code == 405


def test_who_may_only_look_cannot_switch_it(alice: Any) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_drain"))
    client = Client()
    client.force_login(alice)
    assert client.post(reverse("admin:drain"), {"reason": ""}).status_code == 403
    assert 'name="reason"' not in client.get(reverse("admin:queue")).content.decode()
    assert not Drain.objects.exists()
