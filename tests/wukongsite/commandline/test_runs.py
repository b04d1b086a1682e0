"""`manage.py studio runs …`: started, followed to their end, cancelled, as the API does it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from finetune.api.jobs.objects import job_object
from finetune.runs.events import run_events_copy
from finetune.runs.models import Run, RunEvent
from finetune.runs.use.models import RunUse
from tests.conftest import ROOT
from wukongsite.commandline.printing import CLEAR, cut, width

from .conftest import Done

Ask = Callable[..., Done]


def settings_of(base: Any, dataset: Any) -> list[str]:
    return ["--model", base.slug, "--data", dataset.public_id]


def metrics(step: int, seq: int) -> dict[str, Any]:
    data = {"step": step, "total_steps": 4, "train_loss": 4.0 / step, "seconds_left": 90.0}
    return {
        "seq": seq, "time": time.time(), "type": "metrics", "level": "info", "message": "",
        "data": data,
    }  # fmt: skip


def test_a_start_is_a_job_without_a_key(as_alice: Ask, base: Any, dataset: Any) -> None:
    told = as_alice(
        *("runs", "start", *settings_of(base, dataset), "--name", "calm", "--json"),
        *("--set", "steps=7", "--set", "targets=q_proj,v_proj", "--set", "adapter=qtha"),
        *("--set", 'adapter_options={"r": 4}', "--priority", "low"),
    ).json
    run = Run.objects.get(public_id=told["id"])
    assert (run.created_by.username, run.name, run.priority) == ("alice", "calm", -1)
    assert (run.settings.steps, list(run.settings.targets)) == (7, ["q_proj", "v_proj"])
    assert run.settings.adapter_options["r"] == 4
    assert RunUse.objects.get(public_id=run.public_id).key is None
    assert told["wukong"]["state"] == "queued"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--set", "stepz=3"], "stepz: 'stepz' is not known"),
        (["--set", "steps"], "--set steps: give it as NAME=VALUE"),
        (["--set", "steps=many"], "steps: "),
        (["--set", "steps=-1"], "steps: must be at least 1"),
        (["--epochs", "2", "--set", "steps=3"], "Give one of the two"),
        (["--preset", "none"], "preset: 'none' is not known"),
        (["--validation", "file-0"], "No such file"),
    ],
)
def test_a_start_that_is_refused(
    as_alice: Ask, base: Any, dataset: Any, more: list[str], words: str
) -> None:
    refused = as_alice("runs", "start", *settings_of(base, dataset), *more)
    assert (refused.status, refused.out) == (1, "")
    assert words in refused.errors
    assert "Traceback" not in refused.errors
    assert not Run.objects.exists()


def test_a_plan_makes_no_run(as_alice: Ask, base: Any, dataset: Any) -> None:
    asked = [*settings_of(base, dataset), "--set", "steps=40"]
    plan = as_alice("runs", "plan", *asked, "--json").json
    assert (plan["object"], plan["steps"], plan["refused"]) == ("wukong.plan", 40, None)
    longer = as_alice("runs", "plan", *settings_of(base, dataset), "--epochs", "9", "--json").json
    learnt = dataset.report["train"]["dialogues"]
    assert longer["steps"] >= 9 * learnt / 64
    assert longer["epochs"] == pytest.approx(9, abs=0.5)
    assert "Steps" in as_alice("runs", "plan", *asked).out
    refused = as_alice("runs", "plan", *asked, "--set", "targets=nowhere", "--json").json
    assert "no module is named nowhere" in refused["refused"]
    assert not Run.objects.exists()


def test_a_list_and_one_run(as_alice: Ask, run_made: Run) -> None:
    run_events_copy(run_made.pk, [metrics(1, 1)])
    heads, row = as_alice("runs", "list").out.splitlines()
    assert heads.split() == ["ID", "STATE", "STEP", "LOSS", "LEFT", "NAME"]
    assert row.split()[:4] == [run_made.public_id, "queued", "1/4", "4"]
    assert as_alice("runs", "list", "--json").json["data"][0]["id"] == run_made.public_id
    assert "First run" in as_alice("runs", "show", run_made.public_id).out
    told = as_alice("runs", "show", run_made.public_id, "--json").json
    run_made.refresh_from_db()
    assert told == json.loads(json.dumps(job_object(run_made)))


def test_a_run_is_paused_resumed_and_cancelled(as_alice: Ask, run_made: Run) -> None:
    name = run_made.public_id
    assert as_alice("runs", "resume", name).status == 1
    assert "Paused" in as_alice("runs", "pause", name).out
    assert as_alice("runs", "resume", name, "--json").json["status"] == "queued"
    assert "Cancelled" in as_alice("runs", "cancel", name).out
    refused = as_alice("runs", "cancel", name)
    assert refused.status == 1
    assert refused.errors.strip()
    messages = RunEvent.objects.filter(run=run_made).values_list("message", flat=True)
    assert "Cancelled by alice." in messages


def test_the_end_of_a_log_oldest_first(as_alice: Ask, run_made: Run) -> None:
    as_alice("runs", "cancel", run_made.public_id)
    last = as_alice("runs", "log", run_made.public_id, "--limit", "2").out.splitlines()
    assert len(last) == 2
    assert last[-1].endswith("Cancelled by alice.")
    told = as_alice("runs", "log", run_made.public_id, "--limit", "1", "--json").json
    assert told["has_more"] is True
    assert told["data"][0]["message"] == "Cancelled by alice."


@pytest.mark.parametrize(
    ("state", "status"), [("succeeded", 0), ("failed", 1), ("cancelled", 2), ("paused", 3)]
)
def test_following_ends_with_the_runs_own_status(
    as_alice: Ask, run_made: Run, state: str, status: int
) -> None:
    error = {"message": "The trainer was killed.", "hint": "Take a smaller batch."}
    Run.objects.filter(pk=run_made.pk).update(state=state, error=error)
    done = as_alice("runs", "follow", run_made.public_id)
    assert done.status == status
    assert f"{run_made.public_id}: {Run.State(state).label}." in done.out
    assert ("The trainer was killed. Take a smaller batch." in done.out) == (state == "failed")
    lines = as_alice("runs", "follow", run_made.public_id, "--json", "--all").out.splitlines()
    assert json.loads(lines[0])["message"] == "Created."
    assert json.loads(lines[-1])["id"] == run_made.public_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("terminal", [False, True])
def test_progress_as_it_comes(as_alice: Ask, run_made: Run, terminal: bool) -> None:
    """Lines in a pipe, one line that is drawn again on a terminal."""
    Run.objects.filter(pk=run_made.pk).update(state="running")

    def train() -> None:
        for step in (1, 2, 3, 4):
            run_events_copy(run_made.pk, [metrics(step, step)])
            time.sleep(1.2)
        Run.objects.filter(pk=run_made.pk).update(state="succeeded")
        connection.close()

    trainer = threading.Thread(target=train)
    trainer.start()
    done = as_alice("runs", "follow", run_made.public_id, terminal=terminal)
    trainer.join()
    assert done.status == 0
    assert "step 4/4 (100 %)  loss 1" in done.out
    assert "1 min 30 s left" in done.out
    assert (CLEAR in done.out) == terminal
    if not terminal:
        lines = done.out.splitlines()
        assert len(lines) == len(set(lines))
        assert len(lines) < 12


@pytest.fixture
def ctrl_c() -> Iterator[threading.Timer]:
    """Ctrl-C in a moment; also where the tests were started with it ignored, as in a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(2.5, os.kill, (os.getpid(), signal.SIGINT))
    yield timer
    timer.cancel()
    signal.signal(signal.SIGINT, before)


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_leaves_the_run_running(
    as_alice: Ask, run_made: Run, ctrl_c: threading.Timer
) -> None:
    Run.objects.filter(pk=run_made.pk).update(state="running")
    ctrl_c.start()
    done = as_alice("runs", "follow", run_made.public_id)
    assert done.status == 130
    assert f"{run_made.public_id} goes on." in done.out
    run_made.refresh_from_db()
    assert (run_made.state, run_made.request) == ("running", "")


def test_a_run_of_another_team(as_alice: Ask, run_made: Run, other_team: Any) -> None:
    Run.objects.filter(pk=run_made.pk).update(team=other_team)
    refused = as_alice("runs", "follow", run_made.public_id)
    assert refused.status == 1
    assert "No such fine-tuning job" in refused.errors


def test_whom_the_team_can_talk_to(as_alice: Ask, base: Any) -> None:
    assert base.slug in as_alice("assistants", "list").out
    assert as_alice("assistants", "list", "--json").json["data"][0]["id"] == base.slug


def test_every_exit_status_is_documented() -> None:
    told = (ROOT / "docs" / "api.md").read_text()
    for status in ("0", "1", "2", "3", "64", "130"):
        assert f"| {status} |" in told


def test_a_line_is_cut_to_the_terminal() -> None:
    assert (width("心理"), cut("心理ab", 5), cut("abc", 9)) == (4, "心理a", "abc")
