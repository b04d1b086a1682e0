"""What PostgreSQL does otherwise than SQLite: locks on rows, bounds of columns, no null sign."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from finetune.runs.models import Run
from finetune.runs.worker.hold import claim_next
from finetune.teams.keys.services import key_create
from finetune.teams.models import Team
from finetune.training.presets import PRESETS
from tests.finetune.conftest import run_ordered
from wukongsite import urls

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WORKERS = 8


def together(count: int, what: Callable[[int], Any]) -> list[Any]:
    """Call it in so many threads at once, each with a connection of its own."""
    start, answers = threading.Barrier(count), []

    def one(number: int) -> None:
        start.wait()
        try:
            answers.append(what(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_workers_that_ask_at_once_get_a_run_each(team, alice, base, dataset):
    values = PRESETS["quick"].values
    for number in range(WORKERS - 2):
        run_ordered(team, alice, base, dataset, values, name=f"Run {number}", preset="quick")
    taken = together(WORKERS, lambda number: claim_next(f"worker-{number}"))
    runs = [run for run in taken if run is not None]
    assert len(taken) == WORKERS
    assert len({run.pk for run in runs}) == len(runs) == WORKERS - 2
    assert {run.lease_owner for run in Run.objects.all()} == {run.lease_owner for run in runs}
    for run in runs:
        seqs = list(run.events.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))


def test_events_that_are_written_at_once_have_a_number_each(run_made):
    from finetune.runs.transitions import run_log

    before = run_made.events.count()
    together(WORKERS, lambda number: run_log(Run.objects.get(pk=run_made.pk), "log", str(number)))
    seqs = list(run_made.events.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, before + WORKERS + 1))


def test_an_experiment_whose_key_may_be_gone_can_be_locked(team, alice):
    from finetune.exceptions import StudioError
    from finetune.explorer.models import QuantumExperiment
    from finetune.explorer.services import experiment_confirm

    row = QuantumExperiment.objects.create(
        team=team, created_by=alice, name="One", spec={}, state=QuantumExperiment.State.CONFIRM
    )
    with pytest.raises(StudioError, match="key has been deleted"):
        experiment_confirm(experiment=row, user=alice)


def overlong(request: HttpRequest) -> HttpResponse:
    Team.objects.create(name="x" * 81, slug="x")
    return HttpResponse()


def null_sign(request: HttpRequest) -> HttpResponse:
    Team.objects.create(name="a\0b", slug="y")
    return HttpResponse()


urlpatterns = [
    path("overlong/", overlong),
    path("null/", null_sign),
    path("v1/overlong/", overlong),
    *urls.urlpatterns,
]
handler500 = urls.handler500


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("place", ["/overlong/", "/null/", "/v1/overlong/"])
def test_what_a_column_cannot_hold_is_a_refusal_and_no_fault(place):
    with pytest.raises(DataError):
        Client().get(place)
    answer = Client(raise_request_exception=False).get(place)
    assert answer.status_code == 400
    assert b"than can be kept" in answer.content
    assert not Team.objects.exists()


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**30])
def test_an_id_beyond_what_a_column_holds_is_not_found(alice, team, number):
    _, secret = key_create(team=team, user=alice, name="laptop")
    client = Client()
    client.force_login(alice)
    assert client.post(f"/keys/{number}/revoke/").status_code == 404
    assert client.get(f"/data/x/dialogues/{number}/").status_code == 404
    headers = {"authorization": f"Bearer {secret}"}
    answer = client.get(f"/v1/fine_tuning/jobs?limit={number}", headers=headers)
    assert answer.status_code == 400
