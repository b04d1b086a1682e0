"""Kill what can be killed in mid-run: the run goes on by itself, its curve has each step once."""

import os
import signal
import subprocess
import sys

import httpx
import psutil
import pytest

from tests.conftest import ROOT, wait_until
from tests.wukongsite.processes.test_supervisor import lives

pytestmark = pytest.mark.processes
STEPS = 40


@pytest.fixture
def at_step(studio, job, launch, curve):
    """Launch a run and wait until it has made some steps beyond a checkpoint."""

    def start(step=12):
        job_id = launch(steps=STEPS, eval_every=20)
        events = studio.folder / "runs" / job_id / "events.jsonl"

        def reached():
            return events.exists() and f'"step": {step},' in events.read_text()

        wait_until(reached)
        return job_id

    return start


def assert_whole(job_id, job, ended, curve):
    found = ended(job_id)
    assert found["status"] == "succeeded", found
    assert curve(job_id) == list(range(1, STEPS + 1))


def test_trainer_killed(studio, at_step, job, ended, curve):
    job_id = at_step()
    (trainer,) = studio.trainers(job_id)
    trainer.kill()
    assert_whole(job_id, job, ended, curve)
    with studio.client("alice") as client:
        events = client.get(f"/fine_tuning/jobs/{job_id}/events", params={"limit": 100}).json()
    assert any("signal 9" in event["message"] for event in events["data"])


@pytest.mark.slow
def test_worker_killed(studio, at_step, job, ended, curve):
    job_id = at_step()
    for process in studio.processes("--queues train"):
        process.kill()
    assert_whole(job_id, job, ended, curve)


@pytest.mark.slow
def test_worker_killed_at_its_parent(studio, at_step, job, ended, curve):
    job_id = at_step()
    parent, *children = studio.processes("--queues train")
    assert children
    parent.kill()
    assert_whole(job_id, job, ended, curve)
    assert not any(lives(child.pid) for child in children)


@pytest.mark.slow
def test_pool_child_killed_while_the_trainer_imports(studio, launch, job, ended, curve):
    """The trainer is adopted before it can look at its parent; it must not stay."""
    job_id = launch(steps=STEPS)
    (trainer,) = wait_until(lambda: studio.trainers(job_id))
    _, child = studio.processes("--queues train")
    child.kill()
    wait_until(lambda: not lives(trainer.pid))
    assert_whole(job_id, job, ended, curve)


@pytest.mark.slow
def test_supervisor_killed(studio, at_step, job, ended, curve):
    """All go with it, and after a new start there is one of each and the run goes on."""
    job_id = at_step()
    everybody = psutil.Process(studio.process.pid).children(recursive=True)
    assert studio.trainers(job_id)[0] in everybody
    studio.process.kill()
    studio.process.wait()
    studio.start()
    studio.wait_until_ready()
    assert not any(lives(one.pid) for one in everybody)
    assert_whole(job_id, job, ended, curve)


@pytest.mark.slow
def test_broker_killed(studio, at_step, job, ended, curve):
    job_id = at_step()
    (broker,) = studio.processes("valkey-server")
    broker.kill()
    assert_whole(job_id, job, ended, curve)
    wait_until(lambda: studio.processes("valkey-server"))


@pytest.mark.slow
def test_run_started_while_broker_is_away(studio, launch, ended):
    (broker,) = studio.processes("valkey-server")
    os.kill(broker.pid, signal.SIGKILL)
    job_id = launch(steps=3)
    assert ended(job_id)["status"] == "succeeded"


@pytest.mark.slow
def test_web_killed(studio, at_step, job, ended, curve):
    job_id = at_step()
    (web,) = studio.processes("wukongsite.processes.web")
    web.kill()

    def back():
        try:
            return httpx.get(f"{studio.url}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(back)
    assert_whole(job_id, job, ended, curve)


def test_engine_killed(studio):
    (engine,) = studio.processes("chat.engine")
    engine.kill()

    def reply():
        with studio.client("alice") as client:
            answer = client.post(
                "/chat/completions",
                json={
                    "model": "tiny-llama",
                    "messages": [{"role": "user", "content": "Hello"}],
                    "max_tokens": 4,
                },
            )
        assert answer.status_code in {200, 503}, answer.text
        return answer.status_code == 200

    wait_until(reply, every=0.5)


@pytest.mark.slow
def test_cancel_keeps_a_checkpoint_and_requeue_goes_on(studio, at_step, job, ended, curve):
    job_id = at_step()
    with studio.client("alice") as client:
        client.post(f"/fine_tuning/jobs/{job_id}/cancel")
    assert ended(job_id)["status"] == "cancelled"
    done = curve(job_id)
    assert done == list(range(1, len(done) + 1))
    assert len(done) < STEPS
    checkpoints = studio.folder / "runs" / job_id / "checkpoints"
    assert (checkpoints / f"checkpoint-{len(done)}").is_dir()
    studio.manage(
        "from finetune.models import Run\nfrom finetune.runs.services import run_requeue\n"
        f"run_requeue(run=Run.objects.get(public_id={job_id!r}), by=None)\nanswer = 1"
    )
    assert_whole(job_id, job, ended, curve)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["importing", "loading"])
def test_a_cancel_counts_before_training_begins(studio, launch, ended, moment):
    job_id = launch(steps=STEPS)
    events = studio.folder / "runs" / job_id / "events.jsonl"
    reached = {
        "importing": lambda: studio.trainers(job_id),
        "loading": lambda: events.exists() and "Loading" in events.read_text(),
    }
    wait_until(reached[moment])
    with studio.client("alice") as client:
        assert client.post(f"/fine_tuning/jobs/{job_id}/cancel").status_code == 200
    assert ended(job_id)["status"] == "cancelled"
    wait_until(lambda: not studio.trainers(job_id))


def test_second_studio_says_that_one_is_running(studio):
    second = subprocess.run(
        [sys.executable, "manage.py", "studio"],
        cwd=ROOT,
        env=studio.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "is running already" in second.stderr
    assert studio.url in second.stderr
