"""A full disk or a locked database in a worker: it waits or puts back, and nothing is lost."""

from __future__ import annotations

import errno
import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from finetune import condition
from finetune.datasets.checking import dataset_check, datasets_recheck
from finetune.datasets.models import Dataset
from finetune.runs.models import Run
from finetune.runs.worker import execution, patience
from finetune.runs.worker.execution import run_execute
from tests.conftest import wait_until
from tests.tiny_disk import fill, tiny_disk

pytestmark = pytest.mark.django_db(transaction=True)

# Writes events as the trainer does: some, more when it is told to, and an end when it is told to.
TRAINER = """
import json, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
def emit(seq, step):
    line = {"seq": seq, "time": time.time(), "type": "metrics", "level": "info",
            "message": f"step {step}", "data": {"step": step, "total_steps": 9, "train_loss": 1.0}}
    with (folder / "events.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\\n")
def wait(name):
    while not (folder / name).exists():
        time.sleep(0.02)
for step in range(1, 4):
    emit(step, step)
wait("more")
for step in range(4, 10):
    emit(step, step)
(folder / "written").touch()
wait("end")
sys.exit(3)
"""


@pytest.fixture(autouse=True)
def _asked_anew() -> Any:
    condition.remembered.forget()
    yield
    condition.remembered.forget()


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(folder: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", TRAINER, str(folder)])

    monkeypatch.setattr(execution, "start", start)


def metrics(run: Run) -> list[int]:
    events = run.events.filter(type="metrics").order_by("seq")
    return [event.data["step"] for event in events]


@pytest.mark.sqlite
def test_a_lock_in_the_middle_costs_no_event_and_no_start(run_made, trainer, monkeypatch):
    waits = threading.Event()
    begin = patience.Patience.begin
    monkeypatch.setattr(
        patience.Patience, "begin", lambda self, fault: (begin(self, fault), waits.set())
    )
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 0.05)
    name = str(connection.settings_dict["NAME"])
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    failed: list[BaseException] = []

    def backup() -> None:
        """Another program takes the database as soon as the first steps are in it."""
        other = sqlite3.connect(name, isolation_level=None, timeout=20)
        try:
            count = "SELECT count(*) FROM finetune_runevent WHERE type = 'metrics'"
            wait_until(lambda: other.execute(count).fetchone()[0] == 3)
            other.execute("BEGIN IMMEDIATE")
            (run_made.folder / "more").touch()
            wait_until((run_made.folder / "written").exists)
            assert waits.wait(30)
            other.execute("ROLLBACK")
        except BaseException as error:
            failed.append(error)
        finally:
            other.close()
            (run_made.folder / "end").touch()

    helper = threading.Thread(target=backup)
    helper.start()
    try:
        run_execute(run_made.pk)
    finally:
        helper.join()
        connection.cursor().execute("PRAGMA busy_timeout = 20000")
    assert failed == []
    run_made.refresh_from_db()
    assert run_made.state == Run.State.CANCELLED  # what exit code 3 means
    assert metrics(run_made) == list(range(1, 10))
    assert run_made.attempts == 0
    told = run_made.events.filter(level="warn").values_list("message", flat=True)
    assert ["Nothing is lost" in message for message in told] == [True]


def test_an_end_that_cannot_be_written_is_written_later(run_made, monkeypatch):
    """The disk takes nothing when the run's end is to be kept: the lease is held meanwhile."""
    run = Run.objects.get(pk=run_made.pk)
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 0.01)
    full = [OSError(errno.ENOSPC, "No space left on device")] * 3
    done, kept = [], []

    def conclude() -> None:
        if full:
            raise full.pop()
        done.append(True)

    waiting = patience.Patience(run)
    waiting.insist(conclude, meanwhile=lambda: kept.append(True))
    assert (len(done), len(kept)) == (1, 3)
    with pytest.raises(ZeroDivisionError):
        waiting.insist(lambda: 1 / 0, meanwhile=lambda: None)  # type: ignore[func-returns-value]


def test_a_run_waits_in_the_queue_while_the_disk_is_full(
    run_made, alice, trainer, settings, tmp_path
):
    client = Client()
    client.force_login(alice)
    page = reverse("run", args=[run_made.public_id])
    assert b"run-held-up" not in client.get(page).content
    with tiny_disk(tmp_path / "data", 32) as folder:
        settings.DATA_DIR = folder
        stuffing = fill(folder)
        condition.remembered.forget()
        before = run_made.events.count()
        run_execute(run_made.pk)
        run_made.refresh_from_db()
        assert (run_made.state, run_made.attempts) == (Run.State.QUEUED, 0)
        assert run_made.events.count() == before
        text = client.get(page).content.decode()
        assert "The server's disk is full. It starts by itself" in text.replace("&#x27;", "'")
        stuffing.unlink()
        condition.remembered.forget()
        assert b"run-held-up" not in client.get(page).content


def test_a_folder_that_cannot_be_filled_puts_the_run_back(run_made, settings, tmp_path):
    with tiny_disk(tmp_path / "runs", 1) as folder:
        settings.RUN_DIR = folder
        fill(folder, leave=8192)
        run_execute(run_made.pk)
        run_made.refresh_from_db()
        assert (run_made.state, run_made.attempts) == (Run.State.QUEUED, 0)
        assert run_made.lease_owner == ""
        newest = run_made.events.order_by("-seq").first()
        assert (newest.level, newest.message[:26]) == ("warn", "The server's disk is full.")
        assert not [path for path in folder.rglob(".*") if path.is_file()]  # no half copy


def test_a_cancel_that_waits_is_not_overridden(run_made, settings, tmp_path, monkeypatch):
    prepare = execution.folder_prepare

    def prepared(run: Run) -> None:
        Run.objects.filter(pk=run.pk).update(request=Run.Request.CANCEL)
        prepare(run)

    monkeypatch.setattr(execution, "folder_prepare", prepared)
    with tiny_disk(tmp_path / "runs", 1) as folder:
        settings.RUN_DIR = folder
        fill(folder, leave=8192)
        run_execute(run_made.pk)
    run_made.refresh_from_db()
    assert run_made.state == Run.State.CANCELLED


def test_a_check_waits_for_room_instead_of_refusing_the_file(team, alice, settings, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from finetune.datasets.services import dataset_upload

    lines = [
        json.dumps({"messages": [
            {"role": "user", "content": f"Worry number {number} keeps me awake."},
            {"role": "assistant", "content": f"What is worry {number} about? " + "Say. " * 400},
        ]})
        for number in range(60)
    ]  # fmt: skip
    with tiny_disk(tmp_path / "datasets", 4) as folder:
        settings.DATASET_DIR = folder
        file = SimpleUploadedFile("talks.jsonl", "\n".join(lines).encode())
        row = dataset_upload(team=team, user=alice, file=file)
        stuffing = fill(folder, leave=4096)
        dataset_check(row.pk)
        row.refresh_from_db()
        assert (row.state, row.problem) == (Dataset.State.UPLOADED, {})
        stuffing.unlink()
        Dataset.objects.update(created_at=row.created_at.replace(year=2000))
        datasets_recheck()  # sends it again; here its message is carried out by hand
        dataset_check(row.pk)
        row.refresh_from_db()
        assert row.state == Dataset.State.READY, row.problem
