"""Evaluations on the site: asked for by page and API, computed, stopped, lost and found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.evaluation import execution, services
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import Terms
from finetune.exceptions import StudioError
from finetune.files import alone
from finetune.teams.keys.services import key_create
from tests.finetune.evaluation.conftest import logged, signed_in

pytestmark = pytest.mark.django_db
State = Evaluation.State


def test_a_run_is_scored_in_a_process_of_its_own(run: Any, made: Any, sent: list[Any]) -> None:
    evaluation = made()
    assert sent == [("evaluation_run", evaluation.pk)]
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.message) == ("done", "")
    best = min((data["validation_loss"], step) for step, data in logged(run.folder).items() if step)
    assert evaluation.result["loss"] == pytest.approx(best[0], rel=2e-6)
    assert evaluation.result["model"]["step"] == best[1]
    assert "dialogues" not in evaluation.result, "they stand in the file"
    everything = evaluation.file.read_text()
    assert len(json.loads(everything)["dialogues"]) == 8
    assert str(run.folder.parent) not in everything, "no place of this server"
    execution.evaluation_run(evaluation.pk)  # a message that comes twice
    evaluation.refresh_from_db()
    assert evaluation.attempts == 1


def test_other_circuits_a_base_and_another_data_set(
    run: Any, made: Any, dataset: Any, alice: Any
) -> None:
    loss = {}
    for name, values in {
        "circuit": {"terms": Terms(circuit="random", limit=3)},
        "base": {"checkpoint": "base", "terms": Terms(limit=3)},
        "alone": {"run": None, "base": run.base, "dataset": dataset, "part": "all",
                  "terms": Terms(limit=3)},
    }.items():  # fmt: skip
        evaluation = made(**values)
        execution.evaluation_run(evaluation.pk)
        evaluation.refresh_from_db()
        assert evaluation.state == "done", evaluation.message
        assert evaluation.result["data"]["scored"] == 3
        loss[name] = evaluation.result["loss"]
    assert len(set(loss.values())) == 3
    assert evaluation.data_name == dataset.name
    evaluation.folder.parent.exists()
    services.evaluation_delete(evaluation=evaluation)


def test_what_cannot_be_evaluated_is_refused_before_it_waits(
    run: Any, made: Any, dataset: Any, sent: list[Any]
) -> None:
    for values, code in (
        ({"checkpoint": "7"}, "wrong_state"),
        ({"kind": "beauty"}, "invalid_value"),
        ({"part": "all"}, "invalid_value"),
        ({"checkpoint": "base", "terms": Terms(circuit="random")}, "no_circuit"),
        ({"run": None, "base": run.base}, "missing"),
        ({"run": None, "base": run.base, "dataset": dataset, "kind": "ladder"}, "no_circuit"),
        ({"run": None}, "missing"),
    ):
        with pytest.raises(StudioError) as refused:
            made(**values)
        assert refused.value.code == code
    (run.folder / "validation.jsonl").write_text("")
    with pytest.raises(StudioError, match="Nothing is held out"):
        made()
    assert sent == []


def test_a_cancelled_one_ends_its_process(
    run: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that would take ten minutes is gone, and the row stays cancelled."""
    evaluation = made()
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        started.append(real(["sleep", "600"], **more))
        Evaluation.objects.filter(pk=evaluation.pk).update(state=State.CANCELLED)
        return started[0]

    monkeypatch.setattr(execution.subprocess, "Popen", popen)
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.state == State.CANCELLED
    assert started[0].poll() is not None
    with pytest.raises(StudioError, match="ended already"):
        services.evaluation_cancel(evaluation=evaluation)


def test_a_lost_one_is_queued_again_and_given_up_at_last(made: Any, sent: list[Any]) -> None:
    evaluation = made()
    old = timezone.now() - timedelta(minutes=1)
    rows = Evaluation.objects.filter(pk=evaluation.pk)
    rows.update(state=State.WORKING, started_at=old, attempts=1)
    with alone(execution.lock_of(evaluation)):
        execution.evaluations_recheck()  # somebody works on it
        assert rows.get().state == State.WORKING
    sent.clear()
    execution.evaluations_recheck()
    assert rows.get().state == State.WAITING
    assert ("evaluation_run", evaluation.pk) in sent
    rows.update(state=State.WORKING, started_at=old, attempts=execution.MOST_ATTEMPTS)
    execution.evaluations_recheck()
    assert rows.get().state == State.FAILED
    assert "lost again and again" in rows.get().message


def test_the_process_ends_with_its_worker(run: Any, tmp_path: Any) -> None:
    """Its parent is another process than the one it was started for."""
    from finetune.evaluation.process.order import DATA, Order

    shutil.copy(run.folder / "validation.jsonl", tmp_path / DATA)
    Order("scores", str(run.folder), "", "best", {}).write(tmp_path)
    command = [sys.executable, "-m", "finetune.evaluation.process", str(tmp_path), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "worker that wanted it is gone" in done.stderr
    assert not (tmp_path / "result.json").exists()


def test_the_page_asks_shows_and_hands_out(run: Any, bob: Any, charlie: Any, sent: Any) -> None:
    client = signed_in(bob)
    address = reverse("run-evaluations", args=[run.public_id])
    page = client.get(address).content.decode()
    assert "None yet." in page
    assert "without gates on two qubits" in page
    assert "The checkpoint after step 12" in page
    answer = client.post(address, {"kind": "scores", "checkpoint": "best", "limit": "2"})
    assert answer.status_code == 302
    made = Evaluation.objects.get()
    assert (made.created_by, made.terms["limit"]) == (bob, 2)
    refused = client.post(address, {"kind": "scores", "limit": "-1"})
    assert refused.status_code == 422
    assert "limit" in refused.content.decode()
    Evaluation.objects.update(state="working", share=0.3)
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'value="30"' in fragment
    assert "<html" not in fragment
    Evaluation.objects.update(state="waiting")
    execution.evaluation_run(made.pk)
    page = client.get(address).content.decode()
    assert "perplexity" in page
    result = reverse("evaluation-result", args=[run.public_id, made.public_id])
    content = b"".join(client.get(result).streaming_content)
    assert len(json.loads(content)["dialogues"]) == 2
    for other in (address, result):
        assert signed_in(charlie).get(other).status_code == 404
    folder = made.folder
    assert folder.is_dir()
    client.post(reverse("evaluation-delete", args=[run.public_id, made.public_id]))
    assert not Evaluation.objects.exists()


def test_the_api_creates_lists_and_cancels(
    run: Any, team: Any, alice: Any, dataset: Any, sent: Any, client: Client
) -> None:
    _, secret = key_create(team=team, user=alice, name="test")
    headers = {"Authorization": f"Bearer {secret}"}
    address = "/v1/wukong/evaluations"

    def post(path: str, body: dict[str, Any] | None = None) -> Any:
        return client.post(
            path, json.dumps(body or {}), content_type="application/json", headers=headers
        )

    first = post(address, {"kind": "scores", "fine_tuning_job_id": run.public_id}).json()
    assert first["object"] == "wukong.evaluation"
    assert (first["status"], first["checkpoint"], first["result"]) == ("queued", "best", None)
    body = {"kind": "replies", "base": run.base.slug, "file": dataset.public_id, "part": "all"}
    second = post(address, body).json()
    assert (second["fine_tuning_job_id"], second["file"]) == (None, dataset.public_id)
    listed = client.get(address, headers=headers).json()
    assert [one["id"] for one in listed["data"]] == [second["id"], first["id"]]
    assert listed["has_more"] is False
    page = client.get(f"{address}?limit=1", headers=headers).json()
    assert (page["has_more"], page["last_id"]) == (True, second["id"])
    page = client.get(f"{address}?limit=1&after={second['id']}", headers=headers).json()
    assert [one["id"] for one in page["data"]] == [first["id"]]
    only = client.get(f"{address}?fine_tuning_job_id={run.public_id}", headers=headers).json()
    assert [one["id"] for one in only["data"]] == [first["id"]]
    assert client.get(f"{address}/{first['id']}/content", headers=headers).status_code == 409
    cancelled = post(f"{address}/{second['id']}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert post(f"{address}/{second['id']}/cancel").status_code == 409
    execution.evaluation_run(Evaluation.objects.get(public_id=first["id"]).pk)
    ended = client.get(f"{address}/{first['id']}", headers=headers).json()
    assert ended["status"] == "succeeded"
    assert ended["result"]["loss"] > 0
    content = client.get(f"{address}/{first['id']}/content", headers=headers)
    assert len(json.loads(b"".join(content.streaming_content))["dialogues"]) == 8
    for wrong, field in (
        ({"kind": "scores"}, "fine_tuning_job_id"),
        ({"kind": "scores", "base": "none-such"}, "base"),
        ({"kind": "scores", "fine_tuning_job_id": run.public_id, "file": "file-x"}, "file"),
    ):
        answer = post(address, wrong)
        assert answer.status_code in (400, 404)
        assert answer.json()["error"]["param"] == field


def test_progress_reaches_the_row(run: Any, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = made()
    rows = Evaluation.objects.filter(pk=evaluation.pk)
    rows.update(state=State.WORKING)
    evaluation.folder.mkdir(parents=True)
    monkeypatch.setattr(execution, "LOOK_SECONDS", 0.01)
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (evaluation.folder / "progress.json").write_text('{"share": 0.5}')

    def leave() -> None:
        time.sleep(0.5)
        process.kill()

    leaving = threading.Thread(target=leave)
    leaving.start()
    execution.watch(evaluation, process)
    leaving.join()
    assert rows.get().share == 0.5
