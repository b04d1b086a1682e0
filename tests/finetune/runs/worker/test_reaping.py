"""Lost messages are sent again, in the order in which the runs were queued."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from finetune.runs.models import Run
from finetune.runs.worker import hold, reaping
from finetune.training.presets import PRESETS
from tests.finetune.conftest import run_ordered

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker() -> Any:
    """The real broker; its queue is empty, as after the loss of its folder."""
    client = redis.Redis.from_url(settings.VALKEY_URL)
    client.delete("train")
    yield client
    client.delete("train")
    client.close()


@pytest.fixture
def runs(team: Any, alice: Any, base: Any, dataset: Any) -> list[int]:
    """Four runs that wait, oldest first; the ids of the rows tell nothing of their order."""
    made = [run_ordered(team, alice, base, dataset, PRESETS["quick"].values).pk for _ in range(4)]
    ordered = [made[2], made[0], made[3], made[1]]
    for place, pk in enumerate(ordered):
        queued_at = timezone.now() - timedelta(minutes=10 - place)
        Run.objects.filter(pk=pk).update(enqueued_at=queued_at, queued_at=queued_at)
    return ordered


def messages(broker: Any) -> list[int]:
    """The runs that the queue's messages name, in the order in which a worker takes them."""
    found = [json.loads(raw)["body"] for raw in broker.lrange("train", 0, -1)]
    return [json.loads(base64.b64decode(body))[0][0] for body in reversed(found)]


@pytest.fixture
def reap(django_capture_on_commit_callbacks: Any) -> Any:
    def once() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            reaping.runs_reap()

    return once


def test_a_lost_queue_comes_back_in_its_order(runs: list[int], broker: Any, reap: Any) -> None:
    reap()
    assert messages(broker) == runs
    reap()
    assert messages(broker) == runs  # none is sent twice
    broker.delete("train")
    Run.objects.update(enqueued_at=timezone.now() - timedelta(minutes=1))
    for place, pk in enumerate(runs):
        later = timezone.now() - timedelta(minutes=1) + timedelta(microseconds=place)
        Run.objects.filter(pk=pk).update(enqueued_at=later)
    reap()
    assert messages(broker) == runs  # lost again, still in order


def test_a_run_at_work_does_not_starve_one_without_a_message(
    runs: list[int], broker: Any, reap: Any
) -> None:
    assert hold.claim(runs[0], "one")
    reap()
    assert messages(broker) == runs[1:]


def test_runs_that_have_messages_are_left_alone(runs: list[int], broker: Any, reap: Any) -> None:
    reap()
    before = list(Run.objects.order_by("pk").values_list("enqueued_at", flat=True))
    Run.objects.filter(pk__in=runs).update(enqueued_at=timezone.now() - timedelta(minutes=5))
    reap()
    assert len(messages(broker)) == len(runs)
    assert len(before) == len(runs)


def test_lapsed_runs_are_queued_again_in_their_order(
    runs: list[int], broker: Any, reap: Any
) -> None:
    for number, pk in enumerate(runs):
        assert hold.claim(pk, f"worker {number}")
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    reap()
    assert messages(broker) == runs


def test_without_a_broker_nothing_counts_as_sent(
    runs: list[int], reap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaping, "messages_waiting", lambda queue: None)
    before = list(Run.objects.order_by("pk").values_list("enqueued_at", flat=True))
    reap()
    assert list(Run.objects.order_by("pk").values_list("enqueued_at", flat=True)) == before
