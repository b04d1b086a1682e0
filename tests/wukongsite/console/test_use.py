"""What teams have taken, and what is new by week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.runs.models import Run
from finetune.runs.use.models import RunUse
from finetune.teams.models import User
from wukongsite.console.use import COUNTED, team_rows, weeks

pytestmark = pytest.mark.django_db


def taken(run: Run, **values: Any) -> RunUse:
    row, _ = RunUse.objects.update_or_create(
        run=run, defaults={"team": run.team, "name": run.name, "person": run.created_by, **values}
    )
    return row


def test_a_team_is_told_with_what_it_took_lately(
    run_made: Run, team: Any, other_team: Any, dataset: Any
) -> None:
    row = taken(run_made, steps=1500, processor_seconds=7200.0, joules=3.6e6)
    rows = {one.name: one for one in team_rows(timezone.now())}
    mine = rows[team.name]
    assert (mine.hours, mine.kilowatt_hours, mine.taken["runs"]) == (2.0, 1.0, 1)
    assert mine.data_bytes == dataset.bytes > 0
    assert rows[other_team.name].is_idle
    RunUse.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert {one.name: one for one in team_rows(timezone.now())}[team.name].hours == 0.0

    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a-good-password-9"))
    page = client.get(reverse("admin:use")).content.decode()
    assert team.name in page
    assert "New by week" in page


def test_weeks_begin_on_monday(run_made: Run) -> None:
    kinds = list(COUNTED)
    now = datetime(2026, 11, 28, 15, tzinfo=UTC)  # a Saturday
    sunday, monday = datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    Run.objects.update(created_at=sunday)
    found = dict(weeks(now))
    assert list(found)[0] == monday
    assert len(found) == 12
    place = kinds.index("runs")
    assert found[monday][place] == 0
    assert found[monday - timedelta(weeks=1)][place] == 1
    Run.objects.update(created_at=monday)
    assert dict(weeks(now))[monday][place] == 1


def test_it_is_for_staff_with_the_right(alice: Any, client: Client) -> None:
    client.force_login(alice)
    assert client.get(reverse("admin:use")).status_code == 302
    alice.is_staff = True
    alice.save()
    assert client.get(reverse("admin:use")).status_code == 403
