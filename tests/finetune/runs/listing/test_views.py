"""Search, filters and order of the list of runs in its address, and the list as a table."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.runs.listing import table
from finetune.runs.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def copied(run: Run, name: str, **changes: Any) -> Run:
    """Another row like `run`."""
    config = {**run.config, **changes.pop("config", {})}
    row = Run.objects.get(pk=run.pk)
    row.pk, row.public_id, row.name, row.config = (
        None,
        f"ftjob-{name.replace(' ', '-')}",
        name,
        config,
    )
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(force_insert=True)
    return row


def names(client: Client, **query: str) -> list[str]:
    answer = client.get(reverse("runs"), query)
    assert answer.status_code == 200
    return [run.name for run in answer.context["page"]]


@pytest.fixture
def three(run_made: Run, bob: Any, dataset: Any) -> list[Run]:
    """First run (Alice, newest), a LoRA of Bob's that failed, an old one that was worth it."""
    failed = copied(
        run_made, "Second with lora", state="failed", created_by=bob,
        config={"adapter": "lora", "adapter_options": {}}, latest={"validation_loss": None},
    )  # fmt: skip
    old = copied(
        run_made, "Third", state="succeeded", latest={"validation_loss": 2.5},
        result={"validation_loss": 2.0, "base_validation_loss": 3.0},
    )  # fmt: skip
    ago = timezone.now() - timedelta(days=40)
    Run.objects.filter(pk=old.pk).update(
        created_at=ago, started_at=ago, finished_at=ago + timedelta(hours=1)
    )
    Run.objects.filter(pk=run_made.pk).update(latest={"validation_loss": 2.2})
    return [run_made, failed, old]


def test_each_filter_leaves_out_the_others(client: Client, three: list[Run], base: Any) -> None:
    first, failed, old = (run.name for run in three)
    assert names(client, q="lora second") == [failed]
    assert names(client, q=three[2].public_id) == [old]
    assert set(names(client, q=base.title)) == {first, failed, old}
    assert names(client, adapter="lora") == [failed]
    assert names(client, by="bob") == [failed]
    assert set(names(client, base=base.slug)) == {first, failed, old}
    assert set(names(client, dataset=three[0].dataset.public_id)) == {first, failed, old}
    day = (timezone.now() - timedelta(days=20)).date().isoformat()
    assert names(client, until=day) == [old]
    assert old not in names(client, since=day)
    assert names(client, state="failed", adapter="lora", by="bob", q="second") == [failed]
    assert names(client, state="failed", q="third") == []


def test_the_day_named_last_counts_whole(client: Client, three: list[Run]) -> None:
    today = timezone.localdate().isoformat()
    assert three[0].name in names(client, since=today, until=today)


def test_orders(client: Client, three: list[Run]) -> None:
    first, failed, old = (run.name for run in three)
    assert names(client)[-1] == old
    assert names(client, sort="oldest")[0] == old
    assert names(client, sort="name") == [first, failed, old]
    assert names(client, sort="loss") == [old, first, failed]  # none measured stands last
    assert names(client, sort="gain")[0] == old
    assert names(client, sort="time")[0] == old


def test_what_cannot_be_used_is_told_and_left_out(client: Client, three: list[Run]) -> None:
    answer = client.get(reverse("runs"), {"since": "yesterday", "adapter": "no such", "state": "x"})
    html = answer.content.decode()
    assert len(answer.context["page"]) == 3
    assert "id_since" not in html
    assert 'id="filter-since_error"' in html
    assert 'id="filter-adapter_error"' in html


def test_tabs_pages_and_the_table_keep_the_filters(
    client: Client, three: list[Run], run_made: Run
) -> None:
    for number in range(25):
        copied(run_made, f"more {number}")
    html = client.get(reverse("runs"), {"q": "more", "sort": "name"}).content.decode()
    assert "?q=more&amp;sort=name&amp;state=active" in html
    assert "?q=more&amp;sort=name&amp;page=2" in html
    assert f"{reverse('runs-table')}?q=more&amp;sort=name" in html
    assert '>All <span class="muted">25</span>' in html


def test_an_empty_answer_tells_why(client: Client, three: list[Run]) -> None:
    html = client.get(reverse("runs"), {"q": "nothing like it"}).content.decode()
    assert "goes with all of these filters" in html
    assert "No runs yet" not in html


def test_ticked_runs_stay_ticked_while_the_list_refreshes(client: Client, three: list[Run]) -> None:
    ticked = three[0].public_id
    answer = client.get(reverse("runs"), {"runs": ticked}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.count(" checked") == 1
    assert f'hx-get="{reverse("runs")}?page=1"' in html  # the next look brings its own ticks


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))


def test_the_table_holds_what_the_list_shows(
    client: Client, three: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "BLOCK", 2)
    answer = client.get(reverse("runs-table"), {"sort": "loss"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    rows = rows_of(answer)
    assert [row["name"] for row in rows] == ["Third", "First run", "Second with lora"]
    assert rows[0]["held_out_loss"] == "2.0"
    assert rows[0]["seconds"] == "3600.0"
    assert rows[2]["started_by"] == "bob"
    assert [
        row["adapter"] for row in rows_of(client.get(reverse("runs-table"), {"by": "bob"}))
    ] == ["lora"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula(client: Client, run_made: Run, start: str) -> None:
    Run.objects.update(name=f"{start}cmd|' /C calc'!A0")
    answer = client.get(reverse("runs-table"))
    [row] = rows_of(answer)
    assert row["name"] == f"'{start}cmd|' /C calc'!A0"


def test_a_stranger_gets_an_empty_table(three: list[Run], charlie: Any) -> None:
    client = Client()
    client.force_login(charlie)
    assert rows_of(client.get(reverse("runs-table"))) == []
