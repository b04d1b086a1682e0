"""The queue over REST: places, priorities, again, another seed, clones, checkpoints."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from finetune.runs.models import Run
from finetune.runs.services import run_cancel
from finetune.runs.use.models import RunUse
from finetune.teams.keys.services import key_create
from tests.finetune.runs.queue.test_line import quota
from tests.finetune.runs.queue.test_views import trained  # noqa: F401

pytestmark = pytest.mark.django_db
JOBS = "/v1/fine_tuning/jobs"


@pytest.fixture
def call(team: Any, alice: Any) -> Any:
    _, secret = key_create(team=team, user=alice, name="hers")

    def called(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = getattr(Client(), method)(
            path,
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    return called


def test_the_queue(call: Any, run_made: Run, team: Any) -> None:
    quota(team, steps=1000)
    found = call("get", "/v1/fine_tuning/queue")
    [entry] = found["data"]
    assert (entry["job"], entry["priority"]) == (run_made.public_id, "normal")
    assert (entry["place"]["position"], entry["place"]["of"]) == (1, 1)
    assert {"name": "steps", "used": 64, "most": 1000} in found["quotas"]
    job = call("get", f"{JOBS}/{run_made.public_id}")
    assert job["wukong"]["place"] == entry["place"]
    assert call("get", JOBS)["data"][0]["wukong"]["place"] == entry["place"]


def test_a_priority(call: Any, run_made: Run) -> None:
    path = f"{JOBS}/{run_made.public_id}/priority"
    assert call("post", path, {"priority": "high"})["wukong"]["priority"] == "high"
    assert call("post", path, {"priority": "first"}, status=400)["error"]["param"]
    assert call("post", path, {}, status=400)["error"]["param"] == "priority"


def test_a_job_is_made_with_its_priority(call: Any, run_made: Run) -> None:
    body = {
        "model": run_made.base.slug,
        "training_file": run_made.dataset.public_id,
        "preset": "quick",
    }
    made = call("post", JOBS, body | {"priority": "low", "seed": 5})
    assert made["wukong"]["priority"] == "low"
    assert made["wukong"]["place"]["position"] == 2
    assert call("post", JOBS, body | {"seed": 6})["wukong"]["priority"] == "normal"
    refused = call("post", JOBS, body | {"priority": "first"}, status=400)
    assert refused["error"]["param"] == "priority"


def test_again(call: Any, run_made: Run, alice: Any) -> None:
    path = f"{JOBS}/{run_made.public_id}/requeue"
    call("post", path, status=409)
    run_cancel(run=run_made, by=alice)
    assert call("post", path)["status"] == "queued"


def test_another_seed_and_a_clone(call: Any, run_made: Run) -> None:
    path = f"{JOBS}/{run_made.public_id}"
    assert call("post", f"{path}/rerun", {"seed": 11})["seed"] == 11
    assert call("post", f"{path}/rerun")["seed"] != run_made.config["seed"]
    clone = call("post", f"{path}/clone", {"steps": 5, "learning_rate": 0.002, "suffix": "b"})
    assert clone["wukong"]["total_steps"] == 5
    assert clone["wukong"]["config"]["learning_rate"] == 0.002
    assert clone["seed"] == run_made.config["seed"]
    other = call("post", f"{path}/clone", {"adapter": "lora", "adapter_options": {"r": 4}})
    assert other["wukong"]["config"]["adapter_options"]["r"] == 4
    deeper = call("post", f"{path}/clone", {"adapter_options": {"n_layers": 2}})
    assert deeper["wukong"]["config"]["adapter_options"]["r"] == 8
    # What they take is counted for the key that asked for them.
    kept = RunUse.objects.exclude(run=run_made).values_list("key__name", flat=True)
    assert list(kept) == ["hers"] * 5
    refused = call("post", f"{path}/clone", {"steps": -5}, status=400)
    assert refused["error"]["param"] == "steps"
    assert Run.objects.count() == 6


def test_a_quota_is_told_and_not_tried_again(call: Any, run_made: Run, team: Any) -> None:
    quota(team, steps=100)
    refused = call("post", f"{JOBS}/{run_made.public_id}/rerun", status=429)
    assert refused["error"]["code"] == "quota"


def test_checkpoints_have_sizes_and_are_gone_on_from(call: Any, trained: Run) -> None:  # noqa: F811
    path = f"{JOBS}/{trained.public_id}"
    newest, best, pruned = call("get", f"{path}/checkpoints")["data"]
    assert [one["wukong"]["best"] for one in (newest, best, pruned)] == [False, True, False]
    assert best["wukong"]["bytes"] > 0
    assert pruned["wukong"] == {"kept": False, "bytes": None, "best": False}
    body = {
        "training_file": trained.dataset.public_id,
        "model": best["fine_tuned_model_checkpoint"],
        "steps": 3,
    }
    job = call("post", JOBS, body)
    assert job["wukong"]["continues_step"] == 8
    body |= {"model": trained.base.slug, "continue_from": trained.public_id, "continue_step": 12}
    assert call("post", JOBS, body)["wukong"]["continues_step"] == 12
    body["continue_step"] = 4
    assert call("post", JOBS, body, status=400)["error"]["param"] == "continue_from"
