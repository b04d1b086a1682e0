"""The first page: runs at work, results, and where to begin."""

import pytest
from django.urls import reverse
from django.utils import timezone

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.home.selectors import sparkline
from finetune.runs.models import Run, RunEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_run(team, alice):
    base = BaseModel.objects.create(slug="smol", title="Smol", source="/nowhere", state="ready")
    dataset = Dataset.objects.create(team=team, name="Worries", filename="w.jsonl", state="ready")

    def make(name, state="running", **values):
        return Run.objects.create(
            team=team,
            created_by=alice,
            base=base,
            dataset=dataset,
            name=name,
            state=state,
            config={"adapter": "qtha"},
            **values,
        )

    return make


def losses(run, values):
    for number, loss in enumerate(values, 1):
        RunEvent.objects.create(
            run=run,
            seq=number,
            time=timezone.now(),
            type="metrics",
            data={"step": number, "train_loss": loss},
        )


def test_it_asks_for_a_sign_in(client):
    assert client.get(reverse("home")).url == "/sign-in/?next=/"


def test_an_empty_site_says_where_to_begin(client, alice, team):
    client.force_login(alice)
    page = client.get(reverse("home")).content.decode()
    assert "Where to begin" in page
    for name in ("dataset-upload", "run-new", "chat"):
        assert f'href="{reverse(name)}"' in page
    assert "hx-trigger" not in page


def test_a_run_at_work_shows_step_loss_curve_and_time_left(client, alice, make_run):
    run = make_run(
        "Monkey mind", step=12, total_steps=60, seconds_left=130.0, latest={"train_loss": 2.3456}
    )
    losses(run, [3.0, 2.7, 2.3456])
    client.force_login(alice)
    page = client.get(reverse("home")).content.decode()
    assert "Step 12 of 60" in page
    assert "2 min 10 s left" in page
    assert "2.346" in page
    assert 'class="sparkline"' in page
    assert 'hx-trigger="every 2s"' in page


def test_a_poll_gets_the_part_only_and_ends_when_nothing_runs(client, alice, make_run):
    run = make_run("Monkey mind")
    client.force_login(alice)
    part = client.get(reverse("home"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="home"' in part
    assert "every 2s" in part
    Run.objects.filter(pk=run.pk).update(
        state="succeeded",
        finished_at=timezone.now(),
        result={"base_validation_loss": 3.1, "validation_loss": 2.6, "improvement": 0.5},
    )
    part = client.get(reverse("home"), headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in part
    assert "2.600" in part
    assert "−0.500" in part


def test_another_team_sees_none_of_it(client, charlie, other_team, make_run):
    make_run("Monkey mind")
    make_run("Old peach", state="succeeded", finished_at=timezone.now())
    client.force_login(charlie)
    page = client.get(reverse("home")).content.decode()
    assert "Monkey mind" not in page
    assert "Old peach" not in page


def test_a_failed_run_without_numbers_and_a_hostile_name(client, alice, make_run):
    make_run("<img src=x onerror=alert(1)>", state="failed", finished_at=timezone.now())
    client.force_login(alice)
    page = client.get(reverse("home")).content.decode()
    assert "<img src=x" not in page
    assert "Failed" in page


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ([], ""),
        ([1.0], ""),
        ([2.0, 2.0], "M0.0 2.0 L300.0 2.0"),
        ([2.0, 1.0], "M0.0 2.0 L300.0 46.0"),
    ],
)
def test_a_sparkline_fills_its_box(values, path):
    assert sparkline(values) == path
