"""The file ledger keeps what every ledger must keep, across threads, processes and days."""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from quantum.exceptions import CapExceededError
from quantum.jobs.advance import advance
from quantum.jobs.caps import Cap
from quantum.jobs.sqlite_ledger import FileLedger
from tests.quantum.jobs import ledger_properties as properties
from tests.quantum.jobs.cloud import FakeCloud

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of small transactions
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def make_ledger(tmp_path):
    numbers = iter(range(1000))
    return lambda: FileLedger(tmp_path / f"{next(numbers)}" / "jobs.sqlite3")


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(properties.schedules())
def test_no_order_of_crashes_sends_twice(schedule):
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        properties.never_sent_twice(lambda: FileLedger(f"{folder}/jobs.sqlite3"), schedule)


@pytest.mark.parametrize(
    "name",
    [
        "plan_is_idempotent",
        "moves_compare_and_set",
        "caps_hold",
        "failed_and_unknown_stay_counted",
        "one_of_many_senders",
    ],
)
def test_property(name, make_ledger):
    getattr(properties, name)(make_ledger)


def test_yesterday_is_forgotten_by_daily_caps_only(tmp_path):
    now = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    ledger = FileLedger(tmp_path / "jobs.sqlite3", now=lambda: now)
    ledger.plan(properties.new_job(0), [])
    daily, whole = [Cap("user", circuits=2), Cap("day", circuits=2)], [Cap("run", circuits=2)]
    with pytest.raises(CapExceededError):
        ledger.plan(properties.new_job(1), daily)
    now += timedelta(minutes=2)
    with pytest.raises(CapExceededError):
        ledger.plan(properties.new_job(1), whole)
    ledger.plan(properties.new_job(1), daily)


def test_two_processes(tmp_path):
    path, posts = tmp_path / "jobs.sqlite3", tmp_path / "posts"
    posts.touch()
    code = f"""
import sys
from quantum.backends.base import JobState, Status
from quantum.jobs.advance import advance
from quantum.jobs.sqlite_ledger import FileLedger
from tests.quantum.jobs.cloud import FakeCloud
from tests.quantum.jobs.ledger_properties import new_job

class Told(FakeCloud):
    def submit(self, batch, client_ref):
        with open({str(posts)!r}, "a") as file:
            file.write(client_ref + chr(10))
        return super().submit(batch, client_ref)

    def poll(self, handle):
        return Status(JobState.RUNNING)

sys.stdin.readline()
for number in range(20):
    ledger = FileLedger({str(path)!r})
    advance(ledger, ledger.plan(new_job(number), []).id, Told())
"""
    workers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    sent = posts.read_text().split()
    assert len(sent) == len(set(sent)) == 20


def test_jobs_are_listed(make_ledger):
    ledger = make_ledger()
    first = ledger.plan(properties.new_job(0))
    ledger.plan(properties.new_job(0, scope="run-2"))
    advance(ledger, first.id, FakeCloud())
    assert [job.id for job in ledger.jobs("run-1")] == [first.id]
    assert len(ledger.jobs()) == 2
