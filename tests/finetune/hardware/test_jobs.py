"""Jobs of the site: planned under caps, moved once, cancelled and decided by people."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone

from finetune.exceptions import StudioError
from finetune.hardware import jobs
from finetune.hardware.keys import quantum_key_create
from finetune.hardware.models import QuantumJob
from finetune.runs.worker.exchange import run_job_plan
from quantum.exceptions import CapExceededError
from tests.quantum.jobs.cloud import FakeCloud, batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(team, alice):
    return quantum_key_create(team=team, user=alice, label="trial", secret="0123456789abcdef")


@pytest.fixture
def run(run_made, key):
    run_made.spending = {"key": key.public_id, "chip": "72", "circuits": 6, "shots": 1000}
    run_made.save()
    return run_made


@pytest.fixture
def cloud(monkeypatch):
    made = FakeCloud()
    monkeypatch.setattr(jobs, "backend_of", lambda row: made)
    return made


def turn(job, **changes):
    """One turn of the periodic task, as if enough time had passed since the last."""
    if changes:
        QuantumJob.objects.filter(pk=job.pk).update(**changes)
    QuantumJob.objects.filter(pk=job.pk).update(polled_at=None)
    jobs.jobs_advance()
    job.refresh_from_db()
    return job


def test_a_batch_of_a_run_is_one_job(run, key, alice):
    made = run_job_plan(run, batch())
    again = run_job_plan(run, batch())
    assert made.pk == again.pk
    assert (made.team, made.run, made.key, made.chip) == (run.team, run, key, "72")
    assert (made.created_by, made.cap_run, made.cap_user) == (alice, run.public_id, str(alice.pk))
    assert made.seconds_high > made.seconds_low > 0
    other = run_job_plan(run, batch(), scope=f"{run.public_id}/2")
    assert other.pk != made.pk


def test_what_was_agreed_to_is_a_cap(run):
    for number in range(3):
        run_job_plan(run, batch(number))
    with pytest.raises(CapExceededError, match="cap of 6 circuits"):
        run_job_plan(run, batch(3))
    assert QuantumJob.objects.count() == 3


@pytest.mark.parametrize("kind", ["run", "user", "day"])
def test_the_sites_caps_hold(run, settings, kind):
    settings.QUANTUM_CAPS = {
        **settings.QUANTUM_CAPS,
        kind: {"circuits": 0, "shots": 30, "seconds": 0},
    }
    run_job_plan(run, batch(0))
    with pytest.raises(CapExceededError, match="30 shots"):
        run_job_plan(run, batch(1))


def test_without_a_key_nothing_is_planned(run, key):
    key.delete()
    with pytest.raises(StudioError, match="no key"):
        run_job_plan(run, batch())


def test_a_key_of_another_team_is_not_taken(run, key, other_team):
    key.team = other_team
    key.save()
    with pytest.raises(StudioError, match="no key"):
        run_job_plan(run, batch())


def test_from_planned_to_done(run, cloud):
    job = run_job_plan(run, batch())
    assert jobs.job_outcome(job) is None
    assert turn(job).state == "submitted"
    assert turn(job).state == "done"
    assert cloud.arrived == {job.fingerprint: 1}
    kind, text = jobs.job_outcome(job)
    assert kind == "result"
    assert '"counts"' in text
    cloud.calls.clear()
    jobs.jobs_advance()
    assert not cloud.calls  # nothing is open: nobody is asked


def test_a_failure_says_why(run, cloud):
    cloud.script["submit"] = deque(["refused"])
    job = turn(run_job_plan(run, batch()))
    kind, text = jobs.job_outcome(job)
    assert kind == "error"
    assert job.public_id in text
    assert "Refused" in text


def test_a_job_left_half_sent_is_a_persons_to_decide(run, cloud):
    job = run_job_plan(run, batch())
    assert turn(job, state="submitting").state == "submit_unknown"
    assert turn(job).state == "submit_unknown"
    assert not cloud.arrived
    assert jobs.job_outcome(job) is None


def test_only_one_process_sends_at_a_time(run, cloud):
    job = run_job_plan(run, batch())
    with jobs.only_sender() as alone:
        assert alone
        assert turn(job).state == "planned"
    assert turn(job).state == "submitted"


def test_old_jobs_are_asked_for_less_often(run):
    job = run_job_plan(run, batch())
    now = timezone.now()
    job.state, job.polled_at = "queued", now - timedelta(seconds=10)
    assert jobs.due(job)
    job.created_at = now - timedelta(minutes=30)
    assert not jobs.due(job)
    job.polled_at = now - timedelta(seconds=21)
    assert jobs.due(job)
    job.state = "planned"
    job.polled_at = now
    assert jobs.due(job)


def test_an_error_of_one_job_leaves_the_others_alone(run, cloud, monkeypatch):
    bad, good = (run_job_plan(run, batch(number)) for number in range(2))

    def backend_of(row):
        if row.pk == bad.pk:
            raise RuntimeError("boom")
        return cloud

    monkeypatch.setattr(jobs, "backend_of", backend_of)
    jobs.jobs_advance()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("planned", "submitted")


def test_a_key_that_cannot_be_read_cancels_what_is_unsent_and_keeps_what_is_sent(run, settings):
    planned, sent = (run_job_plan(run, batch(number)) for number in range(2))
    QuantumJob.objects.filter(pk=sent.pk).update(state="queued", task_id="T1")
    settings.SECRET_KEY = "another-secret"
    jobs.jobs_advance()
    planned.refresh_from_db()
    sent.refresh_from_db()
    assert planned.state == "cancelled"
    assert "another secret" in planned.message
    assert sent.state == "contact_lost"
    assert "0123456789abcdef" not in planned.message + sent.message


def test_without_the_sdk_nothing_is_begun(run, monkeypatch):
    planned, half = (run_job_plan(run, batch(number)) for number in range(2))
    QuantumJob.objects.filter(pk=half.pk).update(state="submitting")
    monkeypatch.setattr(jobs, "sdk_missing", lambda: "pip install the-sdk")
    jobs.jobs_advance()
    planned.refresh_from_db()
    half.refresh_from_db()
    assert (planned.state, half.state) == ("cancelled", "submit_unknown")
    assert "pip install the-sdk" in planned.message


def test_cancelling_what_was_never_sent(run, alice, cloud):
    job = run_job_plan(run, batch())
    assert "never sent" in jobs.job_cancel(job=job, by=alice)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "alice" in job.message
    with pytest.raises(StudioError, match="cannot be cancelled"):
        jobs.job_cancel(job=job, by=alice)
    assert not turn(job).task_id


def test_cancelling_what_runs_asks_the_provider(run, alice, cloud):
    job = turn(run_job_plan(run, batch()))
    assert "provider is asked" in jobs.job_cancel(job=job, by=alice)
    assert turn(job).state == "cancelled"
    assert cloud.calls["cancel"] == 1


def test_a_decision_needs_the_state_for_it(run, alice):
    job = run_job_plan(run, batch())
    with pytest.raises(StudioError, match="no decision"):
        jobs.job_decide(job=job, by=alice, task_id="T1")


@pytest.mark.parametrize(("task_id", "state"), [("3F2A-1", "submitted"), ("", "failed")])
def test_a_person_decides(run, alice, task_id, state):
    job = run_job_plan(run, batch())
    QuantumJob.objects.filter(pk=job.pk).update(state="submit_unknown")
    jobs.job_decide(job=job, by=alice, task_id=task_id)
    job.refresh_from_db()
    assert (job.state, job.task_id) == (state, task_id)
    assert "Decided by alice" in job.message
