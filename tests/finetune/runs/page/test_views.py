"""The list of runs, a run's page and its parts, and what may be asked of a run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetune.runs.events import run_absorb
from finetune.runs.models import Run, RunEvent

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
GETS = ("run", "run-code", "run-metrics", "run-log")
POSTS = ("run-cancel", "run-pause", "run-resume", "run-requeue")


@pytest.fixture
def alice_client(alice: Any, team: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def tell(run: Run, kind: str, message: str = "", level: str = "info", **data: Any) -> None:
    """Add one event to a run's log, as the worker does."""
    run.last_seq += 1
    RunEvent.objects.create(
        run=run, seq=run.last_seq, time=timezone.now(), type=kind, level=level,
        message=message, data=data,
    )  # fmt: skip
    run_absorb(run, kind, data)
    run.save()


@pytest.fixture
def told(run_made: Run) -> Run:
    """A running run with three steps, two evaluations and their replies."""
    run = run_made
    run.state = Run.State.RUNNING
    tell(run, "model", "the model", trainable_parameters=90_960)
    tell(run, "evaluation", "held-out loss 3.4", step=0, validation_loss=3.4)
    tell(
        run, "sample", step=0, index=0, prompt="Hello?", reply="I am a language model.", judged=True
    )
    for step in (1, 2, 3):
        tell(run, "metrics", f"step {step}", step=step, total_steps=40, train_loss=3.1 - step / 10,
             learning_rate=0.01, tokens_per_second=300.0, memory_mb=1500, grad_norm=1.0,
             circuit_gradient_variance=0.0002, seconds_left=100.0)  # fmt: skip
    tell(run, "evaluation", "held-out loss 2.9", step=3, validation_loss=2.9)
    tell(
        run,
        "sample",
        step=3,
        index=0,
        prompt="Hello?",
        reply="Hello. What is on your mind?",
        judged=True,
    )
    tell(run, "warning", "<b>something</b> to look at", level="warn")
    return run


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def series(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="run-series" type="application/json">(.*?)</script>', html)
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


# -- the list ----------------------------------------------------------------------------


def test_an_empty_list_teaches(alice_client: Client) -> None:
    html = page(alice_client, "runs")
    assert "No runs yet" in html
    assert reverse("run-new") in html
    assert "every 3s" not in html


def test_the_list_shows_state_and_polls_while_something_is_active(
    alice_client: Client, told: Run
) -> None:
    html = page(alice_client, "runs")
    assert told.name in html
    assert 'data-state="running"' in html
    assert "3.400" in html
    assert "2.900" in html
    assert "every 3s" in html
    Run.objects.update(state=Run.State.CANCELLED)
    assert "every 3s" not in page(alice_client, "runs")


def test_the_list_filters_by_state(alice_client: Client, run_made: Run) -> None:
    assert run_made.name in page(alice_client, "runs", state="active")
    html = page(alice_client, "runs", state="failed")
    assert run_made.name not in html
    assert "No run here" in html
    assert run_made.name in page(alice_client, "runs", state="nonsense")


def test_the_fragment_is_served_alone(alice_client: Client, run_made: Run) -> None:
    html = alice_client.get(reverse("runs"), headers=HTMX).content.decode()
    assert "<html" not in html
    assert 'id="runs"' in html


def test_the_list_is_paged(alice_client: Client, run_made: Run) -> None:
    for number in range(24):
        run_made.pk, run_made.public_id = None, f"ftjob-{number:024d}"
        run_made.name = f"copy {number}"
        run_made.save(force_insert=True)
    html = page(alice_client, "runs")
    assert html.count('scope="row"') == 20
    assert "Older" in html
    assert page(alice_client, "runs", page="2").count('scope="row"') == 5


# -- the page ----------------------------------------------------------------------------


def test_the_page_holds_the_whole_history_and_its_cursor(alice_client: Client, told: Run) -> None:
    html = page(alice_client, "run", told.public_id)
    found = series(html)
    assert found["cursor"] == told.last_seq
    assert found["columns"]["step"] == [1, 2, 3]
    assert found["columns"]["train_loss"] == [3.0, 2.9, 2.8]
    assert found["columns"]["evaluation"]["step"] == [0, 3]
    assert f"/ws/runs/{told.public_id}/" in html


def test_the_page_shows_replies_log_and_settings(alice_client: Client, told: Run) -> None:
    html = page(alice_client, "run", told.public_id)
    assert "I am a language model." in html
    assert "What is on your mind?" in html
    assert "&lt;b&gt;something&lt;/b&gt;" in html
    assert "<b>something" not in html
    assert "learning_rate" in html
    assert "python -m finetune.training" in html
    assert "step 2</span>" not in html, "metrics are in the charts, not in the log"


def test_no_inline_style_script_or_handler(alice_client: Client, told: Run) -> None:
    html = page(alice_client, "run", told.public_id) + page(alice_client, "run-new")
    assert not re.search(r"\s(style|onclick|onload|hx-on[^=]*)=", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)


def test_every_state_renders_with_the_buttons_it_allows(alice_client: Client, told: Run) -> None:
    expected = {
        "created": "cancel", "validating": "cancel", "queued": "pause cancel",
        "running": "pause cancel", "pausing": "cancel", "paused": "cancel resume continue",
        "succeeded": "chat continue", "failed": "requeue", "cancelled": "requeue",
    }  # fmt: skip
    assert set(expected) == set(Run.State.values)
    for state, can in expected.items():
        Run.objects.filter(pk=told.pk).update(state=state)
        assert f'data-can="{can}"' in page(alice_client, "run", told.public_id)


def test_the_result_is_a_sentence_that_does_not_oversell(alice_client: Client, told: Run) -> None:
    told.state = Run.State.SUCCEEDED
    told.result = {"base_validation_loss": 3.4, "validation_loss": 2.6}
    told.save()
    html = page(alice_client, "run", told.public_id)
    assert "fell from 3.400 (base) to 2.600 (tuned), by 0.800" in html
    assert "2.23 times as likely" in html
    assert "cannot tell what the circuit adds" in html
    assert "qtha-variant=AB" in html


@pytest.mark.parametrize(("after", "words"), [(3.401, "no better"), (3.9, "worse than the base")])
def test_a_bad_result_is_said(alice_client: Client, told: Run, after: float, words: str) -> None:
    told.state = Run.State.SUCCEEDED
    told.result = {"base_validation_loss": 3.4, "validation_loss": after}
    told.save()
    assert words in page(alice_client, "run", told.public_id)


def test_a_failure_is_explained(alice_client: Client, told: Run) -> None:
    told.state = Run.State.FAILED
    told.error = {"code": "oom", "message": "Out of memory.", "hint": "Halve the batch.",
                  "trace": "Killed <9>"}  # fmt: skip
    told.save()
    html = page(alice_client, "run", told.public_id)
    for words in ("Out of memory.", "Halve the batch.", "oom", "Killed &lt;9&gt;"):
        assert words in html


def test_parts_and_downloads(alice_client: Client, told: Run) -> None:
    samples = page(alice_client, "run-part", told.public_id, "samples")
    assert samples.lstrip().startswith("<div id=")
    assert "After step 3" in samples
    assert "2.900" in page(alice_client, "run-part", told.public_id, "table")
    rows = page(alice_client, "run-metrics", told.public_id).splitlines()
    assert rows[0].startswith("step,train_loss,")
    assert len(rows) == 5
    assert json.loads(page(alice_client, "run-code", told.public_id))["adapter"] == "qtha"
    assert "something" in page(alice_client, "run-log", told.public_id)


def test_the_config_runs_in_the_trainer_as_it_is(alice_client: Client, told: Run) -> None:
    from finetune.training.config import RunConfig

    RunConfig.from_json(page(alice_client, "run-code", told.public_id))


def test_the_python_code_is_python(alice_client: Client, told: Run) -> None:
    from finetune.runs.page.facts import code_of

    compile(code_of(told, "http://127.0.0.1/v1")["python"], "snippet", "exec")


# -- actions -----------------------------------------------------------------------------


def test_cancel_pause_resume_requeue(alice_client: Client, run_made: Run) -> None:
    for name, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"),
                        ("requeue", "queued")):  # fmt: skip
        answer = alice_client.post(reverse(f"run-{name}", args=[run_made.public_id]))
        assert answer.status_code == 302
        run_made.refresh_from_db()
        assert run_made.state == state


def test_an_action_in_the_wrong_state_says_so(alice_client: Client, run_made: Run) -> None:
    address = reverse("run-resume", args=[run_made.public_id])
    answer = alice_client.post(address, headers=HTMX)
    assert answer.status_code == 409
    assert "only a paused run can be resumed" in answer.content.decode()
    followed = alice_client.post(address, follow=True).content.decode()
    assert "only a paused run can be resumed" in followed


def test_an_action_by_htmx_answers_with_the_new_status(alice_client: Client, run_made: Run) -> None:
    address = reverse("run-cancel", args=[run_made.public_id])
    html = alice_client.post(address, headers=HTMX).content.decode()
    assert html.lstrip().startswith('<div id="run-status" data-state="cancelled"')


def test_actions_need_a_post(alice_client: Client, run_made: Run) -> None:
    for name in POSTS:
        assert alice_client.get(reverse(name, args=[run_made.public_id])).status_code == 405


# -- who may see it ----------------------------------------------------------------------


def test_a_colleague_sees_it_and_a_stranger_does_not(
    client: Client, run_made: Run, bob: Any, charlie: Any
) -> None:
    client.force_login(bob)
    assert client.get(reverse("run", args=[run_made.public_id])).status_code == 200
    client.force_login(charlie)
    for name in GETS:
        assert client.get(reverse(name, args=[run_made.public_id])).status_code == 404
    for part in ("samples", "table"):
        address = reverse("run-part", args=[run_made.public_id, part])
        assert client.get(address).status_code == 404
    for name in POSTS:
        assert client.post(reverse(name, args=[run_made.public_id])).status_code == 404
    assert run_made.name not in client.get(reverse("runs")).content.decode()
    run_made.refresh_from_db()
    assert run_made.state == "queued"


def test_a_visitor_is_asked_to_sign_in(client: Client, run_made: Run) -> None:
    for name in GETS:
        answer = client.get(reverse(name, args=[run_made.public_id]))
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]
