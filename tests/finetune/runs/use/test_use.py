"""What runs have taken: kept, summed, shown to the team alone, there when the run is gone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from finetune.hardware import jobs
from finetune.hardware.models import QuantumJob
from finetune.runs.models import Run
from finetune.runs.queue.line import seconds_of
from finetune.runs.use.models import RunUse
from finetune.runs.use.selectors import past_runs, totals_by
from finetune.runs.use.services import use_keep
from finetune.runs.worker.conclusions import run_stop
from finetune.runs.worker.hold import claim
from finetune.tasks import run_use_collect
from finetune.teams.keys.services import key_create
from finetune.training.use.energy import ESTIMATED
from quantum.backends.base import JobState
from tests.finetune.conftest import run_ordered
from tests.finetune.runs.page.test_views import tell

pytestmark = pytest.mark.django_db
PART = {"seconds": 100, "processor_seconds": 150, "peak_bytes": 2 * 10**9, "joules": 1500,
        "source": ESTIMATED}  # fmt: skip


def written(run: Run, name: str = "1-1", **more: Any) -> None:
    """What a trainer leaves."""
    folder = run.folder / "use"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({**PART, **more}))


def test_it_is_kept_whenever_a_worker_lets_go(run_made: Run) -> None:
    use = RunUse.objects.get(run=run_made)
    assert (use.person, use.team, use.key, use.seconds) == (
        run_made.created_by, run_made.team, None, 0,
    )  # fmt: skip
    assert use.work
    claim(run_made.pk, "one")
    written(run_made)
    run_stop(run_made.pk, "one", Run.Request.PAUSE)
    use.refresh_from_db()
    assert (use.processor_seconds, use.peak_bytes, use.joules) == (150, 2 * 10**9, 1500)
    written(run_made, "2-1", peak_bytes=10)
    for _ in range(2):  # again is harmless
        use_keep(run_made)
    use.refresh_from_db()
    assert (use.processor_seconds, use.peak_bytes) == (300, 2 * 10**9)


def test_it_stays_when_the_run_is_deleted(run_made: Run, team: Any, alice: Any) -> None:
    written(run_made)
    use_keep(run_made)
    name = run_made.name
    run_made.delete()
    (total,) = totals_by("run", team, alice)
    assert (total.name, total.public_id, total.processor_seconds) == (name, "", 150)
    assert total.estimated


def test_provider_seconds_and_circuits(run_made: Run) -> None:
    now = timezone.now()
    for number in range(2):
        QuantumJob.objects.create(
            team=run_made.team, run=run_made, scope="s", fingerprint=str(number),
            backend="wukong", state="done", circuits=1, shots=1, total_shots=1, seconds_high=9,
            seconds_used=2.5 if number else None, payload="{}", created_at=now, updated_at=now,
        )  # fmt: skip
    run_made.latest = {"circuits_run": 40, "shots_run": 4000}
    use_keep(run_made)
    use = RunUse.objects.get(run=run_made)
    assert (use.circuits, use.shots, use.provider_seconds) == (40, 4000, 2.5)


def test_what_was_computed_twice_counts_twice(run_made: Run) -> None:
    """A trainer that is killed after step 3 goes on from the checkpoint of step 2."""
    for step in (1, 2, 3, 3, 4):
        tell(run_made, "metrics", step=step, total_steps=4, train_loss=1.0,
             circuits_run=10 * step, shots_run=100 * step)  # fmt: skip
    tell(run_made, "evaluation", step=4, validation_loss=1.0, circuits_run=45, shots_run=450)
    use_keep(run_made)
    use = RunUse.objects.get(run=run_made)
    assert (use.circuits, use.shots) == (55, 550)


def test_a_job_that_ends_after_its_run_is_counted(
    run_made: Run, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """A provider may tell hours later what it took."""
    use_keep(run_made)
    now = timezone.now()
    row = QuantumJob.objects.create(
        team=run_made.team, run=run_made, scope="s", fingerprint="1", backend="wukong",
        state="submitted", circuits=1, shots=1, total_shots=1, seconds_high=9, payload="{}",
        created_at=now, updated_at=now,
    )  # fmt: skip

    def ended(ledger: Any, public_id: str, *_: Any, **__: Any) -> Any:
        ledger.move(public_id, expected=JobState.SUBMITTED, to=JobState.DONE, seconds_used=2.5)
        return ledger.get(public_id)

    monkeypatch.setattr(jobs, "backend_of", lambda row: None)
    monkeypatch.setattr(jobs, "advance", ended)
    sent: list[Any] = []
    monkeypatch.setattr("finetune.queue.current_app.send_task", lambda *to, **_: sent.append(to))
    with django_capture_on_commit_callbacks(execute=True):
        jobs.job_advance(row)
    assert sent == [("finetune.tasks.run_use_collect", (run_made.pk,))]
    run_use_collect(run_made.pk)
    assert RunUse.objects.get(run=run_made).provider_seconds == 2.5


def test_energy_is_estimated_where_a_part_of_it_was(run_made: Run, team: Any, alice: Any) -> None:
    written(run_made, "1-1", source="RAPL")
    written(run_made, "2-1")
    use_keep(run_made)
    (own,) = totals_by("run", team, alice)
    (whole,) = totals_by("team", team, alice)
    assert own.estimated
    assert whole.estimated


def test_a_page_reads_its_own_rows_alone(client: Client, run_made: Run, alice: Any) -> None:
    rows = [
        RunUse(public_id=f"ftjob-{number}", name=f"Run {number}", team=run_made.team, base="b",
               adapter="lora")
        for number in range(120)
    ]  # fmt: skip
    RunUse.objects.bulk_create(rows)
    client.force_login(alice)
    with CaptureQueriesContext(connection) as asked:
        html = client.get(reverse("run-use"), {"page": 2}).content.decode()
    assert html.count('<th scope="row">') == 51
    [read] = [one["sql"] for one in asked if "LEFT OUTER JOIN" in one["sql"]]
    assert "LIMIT 50" in read
    assert '"measured"' not in read


def test_sums(run_made: Run, team: Any, alice: Any, bob: Any, base: Any, dataset: Any) -> None:
    key, _ = key_create(team=team, user=bob, name="his")
    other = run_ordered(team, bob, base, dataset, {"adapter": "lora"}, key=key)
    for run in (run_made, other):
        written(run)
        use_keep(run)
    assert len(totals_by("run", team, alice, 30)) == 2
    people = {one.name: one.processor_seconds for one in totals_by("person", team, alice)}
    assert people == {"alice": 150, "bob": 150}
    keys = {one.name: one.runs for one in totals_by("key", team, alice)}
    assert keys == {"": 1, f"his ({key.prefix}…)": 1}
    (whole,) = totals_by("team", team, alice)
    assert (whole.name, whole.runs, whole.processor_seconds) == ("Acorn", 2, 300)
    RunUse.objects.update(created_at=timezone.now() - timezone.timedelta(days=40))
    assert totals_by("run", team, alice, 30) == []


@pytest.mark.parametrize("by", ["run", "key", "person", "team", "nonsense"])
def test_the_page_is_the_teams(
    client: Client, run_made: Run, alice: Any, charlie: Any, by: str
) -> None:
    written(run_made)
    use_keep(run_made)
    client.force_login(alice)
    html = client.get(reverse("run-use"), {"by": by, "days": "90"}).content.decode()
    assert "2 min 30 s" in html
    client.force_login(charlie)
    html = client.get(reverse("run-use"), {"by": by}).content.decode()
    assert "2 min 30 s" not in html
    assert run_made.name not in html


def test_the_api(client: Client, run_made: Run, team: Any, alice: Any, charlie: Any) -> None:
    written(run_made)
    use_keep(run_made)
    _, secret = key_create(team=team, user=alice, name="hers")
    headers = {"authorization": f"Bearer {secret}"}
    answer = client.get("/v1/fine_tuning/use", headers=headers).json()
    (entry,) = answer["data"]
    assert (entry["job"], entry["processor_seconds"], entry["energy_estimated"]) == (
        run_made.public_id, 150, True,
    )  # fmt: skip
    assert answer["total"]["energy_joules"] == 1500
    person = client.get("/v1/fine_tuning/use?by=person", headers=headers).json()
    assert [one["name"] for one in person["data"]] == ["alice"]
    _, theirs = key_create(team=charlie.teams.get(), user=charlie, name="theirs")
    other = client.get("/v1/fine_tuning/use", headers={"authorization": f"Bearer {theirs}"})
    assert other.json()["data"] == []
    assert client.get("/v1/fine_tuning/use?by=x", headers=headers).status_code == 400


def test_later_forecasts_learn_from_it(run_made: Run) -> None:
    assert past_runs() == []
    written(run_made, measured={"steps": 9, "step_seconds": 60, "evaluations": 1,
                                "evaluation_seconds": 5})  # fmt: skip
    run_made.step = 9
    run_made.latest = {"model": {"precision": "float32"}}
    use_keep(run_made)
    (past,) = past_runs()
    assert past.compute > 0
    assert past.base == run_made.base.slug
    assert past.watts is None


def test_the_queue_expects_what_was_forecast(run_made: Run) -> None:
    assert run_made.step_seconds
    whole = seconds_of(run_made)
    assert whole == pytest.approx(run_made.total_steps * run_made.step_seconds)
    run_made.held_since = timezone.now() - timezone.timedelta(seconds=20)
    assert seconds_of(run_made) == whole  # held once, without a step; now it waits again
    run_made.state = Run.State.RUNNING
    left = seconds_of(run_made)
    assert whole is not None
    assert left == pytest.approx(whole - 20, abs=2)
