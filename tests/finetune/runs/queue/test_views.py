"""The queue in the browser: places, priorities, another seed, checkpoints; nobody else's runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.runs.checkpoints import checkpoints_of
from finetune.runs.models import Run, RunEvent
from finetune.runs.transitions import run_log
from finetune.runs.worker.folders import folder_prepare
from finetune.runs.worker.hold import claim
from finetune.training.loop import checkpoints
from tests.finetune.conftest import run_ordered
from tests.finetune.runs.queue.test_line import quota
from tests.finetune.runs.test_publishing import adapter_write

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.django_db
State = Run.State


@pytest.fixture
def hers(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def page(client: Client, name: str, *args: Any, query: str = "", **headers: Any) -> str:
    answer = client.get(reverse(name, args=args) + query, **headers)
    assert answer.status_code == 200
    return answer.content.decode()


def checkpoint_written(run: Run, step: int, loss: float) -> None:
    """A checkpoint as a trainer leaves it, and what its log says."""
    made = adapter_write(run, float(step), torch.float32, "checkpoints/.made")
    checkpoints.seal(made, run.folder / "checkpoints" / f"checkpoint-{step}")
    run_log(run, "metrics", "", {"step": step, "total_steps": 64, "train_loss": loss + 0.1})
    run_log(run, "evaluation", "", {"step": step, "validation_loss": loss})
    run_log(run, "checkpoint", "", {"step": step, "path": f"checkpoints/checkpoint-{step}"})


@pytest.fixture
def trained(run_made: Run) -> Run:
    """A failed run with two checkpoints left, of which the older one is the best."""
    for step, loss in ((4, 2.5), (8, 2.0), (12, 2.2)):
        checkpoint_written(run_made, step, loss)
    folder = run_made.folder / "checkpoints" / "checkpoint-4"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    Run.objects.filter(pk=run_made.pk).update(state=State.FAILED, step=12)
    run_made.refresh_from_db()
    return run_made


def test_the_queue_shows_the_teams_runs(hers: Client, run_made: Run, team: Any) -> None:
    quota(team, runs_at_once=3, steps=5000)
    text = page(hers, "run-queue")
    assert run_made.name in text
    assert "1 of 1" in text
    assert "No worker" in text
    assert "5\u202f000" in text
    assert "0 of 3" in text
    part = page(hers, "run-queue", headers={"hx-request": "true"})
    assert part.strip().startswith('<div id="queue"')


def test_the_runs_page_tells_its_place(hers: Client, run_made: Run) -> None:
    assert "Place 1 of 1" in page(hers, "run", run_made.public_id)
    claim(run_made.pk, "one")
    assert "Place 1" not in page(hers, "run-part", run_made.public_id, "place")


def test_a_priority_goes_up_and_down(hers: Client, run_made: Run) -> None:
    address = reverse("run-priority", args=[run_made.public_id])
    answer = hers.post(address, {"priority": "high", "back": "queue"})
    assert answer["Location"] == reverse("run-queue")
    run_made.refresh_from_db()
    assert run_made.priority == Run.Priority.HIGH
    assert 'value="high"' not in page(hers, "run-queue")
    answer = hers.post(address, {"priority": "first"}, follow=True)  # an operator's alone
    assert "no priority that you can give" in answer.content.decode()
    run_made.refresh_from_db()
    assert run_made.priority == Run.Priority.HIGH


def test_charlie_sees_no_other_teams_runs(client: Client, charlie: Any, run_made: Run) -> None:
    client.force_login(charlie)
    assert run_made.name not in page(client, "run-queue")
    assert client.post(reverse("run-rerun", args=[run_made.public_id])).status_code == 404


def test_another_seed(hers: Client, run_made: Run) -> None:
    hers.post(reverse("run-rerun", args=[run_made.public_id]))
    again = Run.objects.exclude(pk=run_made.pk).get()
    assert again.config["seed"] != run_made.config["seed"]
    assert {**again.config, "seed": 0} == {**run_made.config, "seed": 0}
    assert again.name == f"First run, seed {again.config['seed']}"
    assert again.state == State.QUEUED


def test_the_page_lists_checkpoints_and_its_rule(hers: Client, trained: Run) -> None:
    found = checkpoints_of(trained)
    assert [(row.checkpoint.step, row.best, row.newest) for row in found.kept] == [
        (12, False, True),
        (8, True, False),
    ]
    assert found.pruned == 1
    text = page(hers, "run", trained.public_id)
    assert "Kept are the 2 newest, and the one with the lowest held-out loss" in text
    assert "1 was removed so far" in text
    assert f"?continue={trained.public_id}&amp;checkpoint=8" in text
    assert "2.000" in text
    assert re.search(r"\d+(\.\d)?\xa0(bytes|KB)", text)


def test_one_chats_with_a_checkpoint(hers: Client, trained: Run, alice: Any) -> None:
    name = checkpoints_of(trained).kept[1].checkpoint.name
    text = page(hers, "chat", query=f"?assistant={name}")
    chosen = re.search(rf'<(?:option|input)[^>]*value="{re.escape(name)}"[^>]*>', text)
    assert chosen is not None
    assert "selected" in chosen[0] or "checked" in chosen[0]


def test_a_run_goes_on_from_a_checkpoint(
    hers: Client, trained: Run, team: Any, alice: Any, base: Any, dataset: Any
) -> None:
    query = f"?continue={trained.public_id}&checkpoint=8"
    text = page(hers, "run-new", query=query)
    assert 'name="continues_step" value="8"' in text
    assert "checkpoint after step 8" in text
    run = run_ordered(
        team, alice, base, dataset, trained.config, continues=trained, continues_step=8
    )
    for path in (trained.folder / "checkpoints").rglob("*.safetensors"):
        path.write_bytes(b"gone")  # pruned before a worker takes the new one
    folder_prepare(run)
    config = json.loads((run.folder / "config.json").read_text())
    start = Path(config["start_adapter"])
    assert start == run.folder / "start"
    assert (start / "adapter_model.safetensors").stat().st_size > 10


def test_a_checkpoint_that_is_gone_is_refused(
    trained: Run, team: Any, alice: Any, base: Any, dataset: Any
) -> None:
    from finetune.exceptions import RunRefused

    with pytest.raises(RunRefused, match="step 4 is not kept"):
        run_ordered(team, alice, base, dataset, trained.config, continues=trained, continues_step=4)


def test_a_failure_and_a_trouble_lead_to_a_form_with_the_changes(
    hers: Client, run_made: Run
) -> None:
    trouble = {
        "trouble": "dead_circuit", "words": "The circuit is dead.",
        "changes": {"adapter_options": {"n_layers": 1}},
    }  # fmt: skip
    error = {"code": "out_of_memory", "message": "Too big.", "changes": {"batch_size": 2}}
    Run.objects.filter(pk=run_made.pk).update(
        state=State.FAILED, error=error, latest={"troubles": {"dead_circuit": trouble}}
    )
    text = page(hers, "run", run_made.public_id)
    assert "The circuit is dead." in text
    assert f"?from={run_made.public_id}&amp;qtha-n_layers=1" in text
    assert f"?from={run_made.public_id}&amp;batch_size=2" in text
    form = page(hers, "run-new", query=f"?from={run_made.public_id}&batch_size=2")
    assert re.search(r'name="batch_size"[^>]*value="2"|value="2"[^>]*name="batch_size"', form)


def test_a_trouble_in_the_log_is_kept_beside_the_run(run_made: Run) -> None:
    from finetune.runs.events import run_events_copy

    data = {"trouble": "no_progress", "words": "No progress.", "changes": {}}
    line = {"seq": 1, "time": timezone.now().timestamp(), "type": "warning", "level": "warn"}
    run = run_events_copy(run_made.pk, [{**line, "message": "No progress.", "data": data}])
    assert run.latest["troubles"] == {"no_progress": data}
    assert RunEvent.objects.filter(run=run, type="warning").count() == 1
