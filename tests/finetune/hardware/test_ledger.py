"""The site's ledger keeps what every ledger must keep: the library's own suite runs over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings

from finetune.hardware.ledger import DjangoLedger, Owner
from finetune.hardware.models import QuantumJob
from quantum.exceptions import CapExceededError
from quantum.jobs.caps import Cap
from tests.quantum.jobs import ledger_properties as properties


def emptied(team):
    """A factory of empty ledgers; all share one table."""

    def make():
        QuantumJob.objects.all().delete()
        return DjangoLedger(Owner(team))

    return make


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(schedule=properties.schedules())
def test_no_order_of_crashes_sends_twice(team, schedule):
    with transaction.atomic():
        properties.never_sent_twice(emptied(team), schedule)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "plan_is_idempotent",
        "moves_compare_and_set",
        "caps_hold",
        "failed_and_unknown_stay_counted",
    ],
)
def test_property(name, team):
    getattr(properties, name)(emptied(team))


@pytest.mark.django_db(transaction=True)
def test_one_of_many_senders(team):
    class Closing(DjangoLedger):
        """Each thread has a connection of its own and closes it after each call."""

        def plan(self, *args, **kwargs):
            try:
                return super().plan(*args, **kwargs)
            finally:
                connection.close()

        def get(self, *args, **kwargs):
            try:
                return super().get(*args, **kwargs)
            finally:
                connection.close()

        def move(self, *args, **kwargs):
            try:
                return super().move(*args, **kwargs)
            finally:
                connection.close()

    properties.one_of_many_senders(lambda: Closing(Owner(team)))


@pytest.mark.django_db
def test_yesterday_is_forgotten_by_daily_caps_only(team):
    now = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    DjangoLedger(Owner(team), now=lambda: now).plan(properties.new_job(0), [])
    tomorrow = DjangoLedger(Owner(team), now=lambda: now + timedelta(minutes=2))
    daily, whole = [Cap("user", circuits=2), Cap("day", circuits=2)], [Cap("run", circuits=2)]
    with pytest.raises(CapExceededError):
        tomorrow.plan(properties.new_job(1), whole)
    assert tomorrow.plan(properties.new_job(1), daily).created_at == now + timedelta(minutes=2)


@pytest.mark.django_db
def test_without_an_owner_nothing_is_planned():
    with pytest.raises(ValueError, match="owner"):
        DjangoLedger().plan(properties.new_job(0), [])
