"""Plans, backends, quantum jobs, tasks and usage over REST."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from finetune.hardware.models import QuantumJob, QuantumKey
from finetune.runs.models import Run
from tests.finetune.api.test_job_queue import call  # noqa: F401

pytestmark = pytest.mark.django_db
PLANS, JOBS = "/v1/wukong/plans", "/v1/wukong/quantum_jobs"


@pytest.fixture
def body(run_made: Run) -> dict[str, Any]:
    return {"model": run_made.base.slug, "training_file": run_made.dataset.public_id}


def test_a_plan_tells_what_a_job_would_take_and_makes_none(call: Any, body: dict[str, Any]) -> None:  # noqa: F811
    before = Run.objects.count()
    found = call("post", PLANS, body | {"adapter": "lora", "adapter_options": {"r": 4}})
    assert found["object"] == "wukong.plan"
    assert found["model"] == body["model"]
    assert found["steps"] > 0
    assert found["trainable_parameters"] > 0
    for name in ("seconds", "memory_bytes", "energy_joules"):
        assert 0 < found[name]["low"] <= found[name]["middle"] <= found[name]["high"]
    assert found["fits"] is True
    assert (found["lacks"], found["changes"], found["circuits"]) == (None, [], None)
    larger = call("post", PLANS, body | {"adapter": "lora", "adapter_options": {"r": 8}})
    assert larger["trainable_parameters"] == 2 * found["trainable_parameters"]
    assert Run.objects.count() == before


def test_epochs_of_a_plan_become_steps(call: Any, body: dict[str, Any], run_made: Run) -> None:  # noqa: F811
    asked = body | {"hyperparameters": {"n_epochs": 3, "batch_size": 2}}
    found = call("post", PLANS, asked)
    learnt = run_made.dataset.report["train"]["dialogues"]
    assert found["steps"] == -(-3 * learnt // 2)
    assert found["epochs"] == pytest.approx(found["steps"] * 2 / learnt)


def test_a_plan_on_shots_counts_circuits(call: Any, body: dict[str, Any]) -> None:  # noqa: F811
    asked = body | {"adapter": "qgs", "backend": "aer", "steps": 2}
    found = call("post", PLANS, asked)
    assert found["circuits"] > 0
    assert found["shots"] > found["circuits"]
    assert found["provider_seconds"] is None  # this machine's own


def test_what_does_not_fit_is_answered_with_changes(
    call: Any,  # noqa: F811
    body: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from finetune.training.forecast.machine import Machine

    small = Machine(1_300_000_000, 1_300_000_000, 10**12, 2, "float32")
    monkeypatch.setattr("finetune.runs.form.estimates.machine_here", lambda: small)
    found = call("post", PLANS, body | {"batch_size": 64, "sequence_length": 512})
    assert (found["fits"], found["lacks"]) == (False, "memory")
    assert "GB" in found["sentence"]
    assert found["changes"]
    assert all(one["memory_bytes"] < small.memory for one in found["changes"])


def test_a_plan_refuses_what_a_job_would(call: Any, body: dict[str, Any]) -> None:  # noqa: F811
    error = call("post", PLANS, body | {"adapter_options": {"r": 0}}, status=400)["error"]
    assert error["param"] == "adapter_options.r"
    missing = body | {"training_file": "file-0"}
    assert call("post", PLANS, missing, status=404)["error"]["param"] == "training_file"


def test_backends_say_what_is_ready(call: Any, team: Any, alice: Any) -> None:  # noqa: F811
    key = QuantumKey.objects.create(
        team=team, created_by=alice, label="Lab", encrypted="secret", last_four="abcd",
        chips=[{"name": "72", "online": True}],
    )  # fmt: skip
    answer = call("get", "/v1/wukong/backends")
    found = {one["id"]: one for one in answer["data"]}
    assert found["statevector"]["exact"]
    assert found["statevector"]["ready"]
    assert {one["name"] for one in found["aer"]["options"]} == {"method", "noise", "seed"}
    assert found["wukong"]["billable"]
    assert found["wukong"]["keys"] == [
        {"id": key.public_id, "label": "Lab", "chips": [{"name": "72", "online": True}]}
    ]
    assert found["aer"]["keys"] == []
    assert "secret" not in json.dumps(answer)


@pytest.fixture
def jobs(team: Any, run_made: Run) -> list[QuantumJob]:
    """Oldest first."""
    now = timezone.now()
    return [
        QuantumJob.objects.create(
            team=team, run=run_made, scope=run_made.public_id, fingerprint=str(number), chip="72",
            backend="wukong", state=state, circuits=2, shots=10, total_shots=20, seconds_low=1.0,
            seconds_high=4.5, payload="{}", created_at=now, updated_at=now, result=result,
        )
        for number, (state, result) in enumerate(
            [("done", '{"counts": [{"00": 6, "11": 4}]}'), ("planned", ""), ("submit_unknown", "")]
        )
    ]  # fmt: skip


def test_quantum_jobs_are_listed_and_read(call: Any, jobs: list[QuantumJob]) -> None:  # noqa: F811
    done, planned, unknown = (one.public_id for one in jobs)
    page = call("get", JOBS)
    assert [one["id"] for one in page["data"]] == [unknown, planned, done]
    assert [one["needs_decision"] for one in page["data"]] == [True, False, False]
    first = call("get", f"{JOBS}?limit=2")
    assert first["has_more"] is True
    rest = call("get", f"{JOBS}?limit=2&after={first['last_id']}")
    assert [one["id"] for one in rest["data"]] == [done]
    assert [one["id"] for one in call("get", f"{JOBS}?status=open")["data"]] == [planned]
    found = call("get", f"{JOBS}/{done}")
    assert found["counts"] == [{"circuit": 0, "outcomes": 2, "most": {"00": 6, "11": 4}}]
    assert (found["shots"], found["seconds_estimated"]) == (20, [1.0, 4.5])
    assert found["fine_tuning_job_id"] == jobs[0].run.public_id
    assert call("get", f"{JOBS}?after=qjob-0", status=400)["error"]["param"] == "after"


def test_a_quantum_job_is_cancelled_once(call: Any, jobs: list[QuantumJob]) -> None:  # noqa: F811
    done, planned, _ = (one.public_id for one in jobs)
    assert call("post", f"{JOBS}/{planned}/cancel")["status"] == "cancelled"
    for ended in (planned, done):
        assert call("post", f"{JOBS}/{ended}/cancel", status=409)["error"]["code"] == "wrong_state"


def test_quantum_jobs_of_others_do_not_exist(
    call: Any,  # noqa: F811
    jobs: list[QuantumJob],
    other_team: Any,
) -> None:
    QuantumJob.objects.filter(pk=jobs[0].pk).update(team=other_team)
    assert len(call("get", JOBS)["data"]) == 2
    call("get", f"{JOBS}/{jobs[0].public_id}", status=404)
    call("get", f"{JOBS}?after={jobs[0].public_id}", status=400)


def test_tasks_are_those_of_the_operator(call: Any, settings: Any, tmp_path: Path) -> None:  # noqa: F811
    assert call("get", "/v1/wukong/tasks")["data"] == []
    (tmp_path / "a.yaml").write_text("task: sums\n")
    settings.HARNESS_TASKS = str(tmp_path)
    found = call("get", "/v1/wukong/tasks")
    assert found["data"] == [{"id": "sums", "object": "wukong.task"}]
    assert isinstance(found["installed"], bool)


def test_usage_is_what_use_says(call: Any, run_made: Run) -> None:  # noqa: F811
    query = "?by=person&days=7"
    assert call("get", f"/v1/wukong/usage{query}") == call("get", f"/v1/fine_tuning/use{query}")
