"""Tasks of lm-evaluation-harness on the site and over the API: the operator's, chosen by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from finetune.evaluation import execution, tasks
from finetune.evaluation.harness import presence
from finetune.evaluation.harness.results import harness
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import Terms
from finetune.evaluation.scoring.subject import run_subject
from finetune.exceptions import StudioError
from finetune.teams.keys.services import key_create
from tests.finetune.evaluation.conftest import signed_in
from tests.finetune.evaluation.harness.test_results import DOCUMENTS, TASK

pytestmark = pytest.mark.django_db
needs_harness = pytest.mark.skipif(
    presence.harness_missing(), reason="needs pip install -r requirements-lm-eval.txt"
)
REPLY = """\
# A comment
task: "says"  # its name
dataset_path: json
dataset_kwargs: {data_files: {test: colours.jsonl}}
test_split: test
fewshot_split: test
num_fewshot: 1
output_type: generate_until
doc_to_text: !function below.utils.asked
doc_to_target: "{{choices[0]}}"
generation_kwargs: {until: ["\\n"], do_sample: false, max_gen_toks: 4}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
"""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the harness is installed: these tests ask for tasks and do not run them."""
    monkeypatch.setattr(presence, "PACKAGE", "json")


@pytest.fixture
def offered(tmp_path: Path, settings: Any) -> Path:
    """The operator's folder."""
    rows = [dict(zip(("question", "choices", "label"), row, strict=True)) for row in DOCUMENTS]
    (tmp_path / "colours.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "a.yaml").write_text(TASK)
    (tmp_path / "b.yaml").write_text(REPLY)
    (tmp_path / "hub.yaml").write_text(TASK.replace("colours", "hub").replace("json", "gsm8k", 1))
    (tmp_path / "group.yaml").write_text("group: both\ntask:\n  - colours\n  - says\n")
    (tmp_path / "notes.txt").write_text("task: notes")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "utils.py").write_text("def asked(doc):\n    return doc['question']\n")
    (tmp_path / "below" / "c.yaml").write_text("task: below")
    settings.HARNESS_TASKS = str(tmp_path)
    return tmp_path


def ended(evaluation: Evaluation) -> Evaluation:
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


def test_tasks_are_those_of_the_operators_folder(offered: Path, settings: Any) -> None:
    assert tasks.tasks_offered() == ["colours", "hub", "says"]
    for nothing in ("", str(offered / "nowhere")):
        settings.HARNESS_TASKS = nothing
        assert tasks.tasks_offered() == []


def test_a_task_is_chosen_by_a_name_that_is_offered(
    made: Any, dataset: Any, installed: None, offered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for values, field, why in (
        ({}, "task", "Choose a task"),
        ({"terms": Terms(task="moons")}, "task", "there are: colours, hub, says"),
        ({"terms": Terms(task="../colours")}, "task", "no task"),
        ({"terms": Terms(task=str(offered / "a.yaml"))}, "task", "no task"),
        ({"terms": Terms(task="colours"), "dataset": dataset}, "file", "its own documents"),
    ):
        with pytest.raises(StudioError, match=why) as refused:
            made(kind="harness", **values)
        assert refused.value.field == field
    monkeypatch.setattr(presence, "PACKAGE", "no_such_package")
    with pytest.raises(StudioError, match="requirements-lm-eval") as refused:
        made(kind="harness", terms=Terms(task="colours"))
    assert refused.value.code == "not_installed"
    assert not Evaluation.objects.exists()


def test_the_page_says_what_is_missing(
    run: Any, alice: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("run-evaluations", args=[run.public_id])
    words = "lm-evaluation-harness is not installed here, so no task can be run."
    monkeypatch.setattr(presence, "PACKAGE", "no_such_package")
    settings.HARNESS_TASKS = ""
    page = signed_in(alice).get(address).content.decode()
    assert words in page
    assert "pip install -r requirements-lm-eval.txt" in page
    assert "This site offers no tasks." in page
    monkeypatch.setattr(presence, "PACKAGE", "json")
    assert words not in signed_in(alice).get(address).content.decode()


def test_the_page_takes_a_task(
    run: Any, alice: Any, sent: Any, installed: None, offered: Path
) -> None:
    client, address = signed_in(alice), reverse("run-evaluations", args=[run.public_id])
    page = client.get(address).content.decode()
    assert '<option value="colours">' in page
    assert '<option value="notes">' not in page
    refused = client.post(address, {"kind": "harness"})
    assert (refused.status_code, "Choose a task." in refused.content.decode()) == (422, True)
    form = {"kind": "harness", "task": "colours", "chat": "true", "limit": "2"}
    assert client.post(address, form).status_code == 302
    made = Evaluation.objects.get()
    terms = {name: made.terms[name] for name in ("task", "chat", "limit")}
    assert (made.data_name, terms) == ("colours", {"task": "colours", "chat": True, "limit": 2})


def test_the_api_takes_a_task(
    run: Any, team: Any, alice: Any, client: Client, sent: Any, installed: None, offered: Path
) -> None:
    _, secret = key_create(team=team, user=alice, name="test")

    def post(**more: Any) -> Any:
        body = {"kind": "harness", "fine_tuning_job_id": run.public_id, **more}
        return client.post(
            "/v1/wukong/evaluations", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    for values in ({}, {"task": "moons"}):
        refused = post(**values)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "task")
    made = post(task="colours")
    assert made.status_code == 200, made.content
    assert (made.json()["kind"], made.json()["terms"]["task"]) == ("harness", "colours")


@needs_harness
def test_a_task_is_run_in_a_process_of_its_own(
    run: Any, made: Any, alice: Any, offered: Path
) -> None:
    evaluation = ended(made(kind="harness", terms=Terms(task="colours")))
    assert (evaluation.state, evaluation.message) == ("done", "")
    assert evaluation.share == 1.0
    ((name, task),) = evaluation.tasks
    assert (name, task["documents"]) == ("colours", 4)
    assert "dialogues" not in task, "they stand in the file"
    written = evaluation.file.read_text()
    for place in (run.folder.parent, offered):
        assert str(place) not in written, "no place of this server"
    rows = json.loads(written)["tasks"]["colours"]["dialogues"]
    told: list[float] = []
    here = harness(run_subject(run.folder), offered, tasks=["colours"], told=told.append)
    assert rows == here["tasks"]["colours"]["dialogues"]
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == 1.0
    page = signed_in(alice).get(reverse("run-evaluations", args=[run.public_id])).content.decode()
    assert f"acc {task['metrics']['acc']:.4f}" in page
    assert "4 documents" in page


@needs_harness
def test_a_task_of_replies_with_the_operators_own_code(run: Any, made: Any, offered: Path) -> None:
    evaluation = ended(made(kind="harness", terms=Terms(task="says", limit=2, chat=True)))
    assert evaluation.state == "done", evaluation.message
    ((_, task),) = evaluation.tasks
    assert (task["documents"], task["shots"]) == (2, 1)
    assert set(task["metrics"]) == {"exact_match"}


@needs_harness
def test_a_task_that_cannot_be_run_says_why_and_no_hub_is_asked(
    run: Any, made: Any, offered: Path
) -> None:
    evaluation = ended(made(kind="harness", terms=Terms(task="hub")))
    assert evaluation.state == "failed"
    assert evaluation.message.startswith("The harness cannot run this task: ")
    assert "gsm8k" in evaluation.message
    assert "Offline" in evaluation.message
    (offered / "colours.jsonl").unlink()
    without = ended(made(kind="harness", terms=Terms(task="colours")))
    assert "colours.jsonl" in without.message
    assert str(offered) not in without.message
    waiting = made(kind="harness", terms=Terms(task="colours"))
    (offered / "a.yaml").unlink()
    gone = ended(waiting)
    assert gone.message.startswith("There is no task colours in ")
    assert str(offered.parent) not in gone.message
