"""Tasks of lm-evaluation-harness on the site and over the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from finetune.evaluation import execution, tasks
from finetune.evaluation.harness.results import harness
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import TASK_FOLDER, Terms
from finetune.evaluation.scoring.subject import run_subject
from finetune.exceptions import StudioError
from finetune.teams.keys.services import key_create
from tests.finetune.evaluation.conftest import signed_in
from tests.finetune.evaluation.harness.test_tasks import CHOICES, FILES, REPLY, TEXT

pytestmark = pytest.mark.django_db
needs_harness = pytest.mark.skipif(
    tasks.harness_missing(), reason="needs pip install -r requirements-lm-eval.txt"
)
DOCUMENTS = [(name, text.encode()) for name, text in FILES.items()]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the harness is installed: these tests ask for tasks and do not run them."""
    monkeypatch.setattr(tasks, "PACKAGE", "json")


@pytest.fixture
def offered(tmp_path: Path, settings: Any) -> Path:
    """The operator's folder, with a task that may be run and one that may not."""
    (tmp_path / "colours.yaml").write_text(CHOICES)
    (tmp_path / "colours.jsonl").write_text(TEXT)
    (tmp_path / "unsafe.yaml").write_text(CHOICES + "unsafe_code: true\n")
    (tmp_path / "notes.txt").write_text("no task")
    settings.HARNESS_TASKS = str(tmp_path)
    return tmp_path


def ended(evaluation: Evaluation) -> Evaluation:
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


@pytest.mark.parametrize(
    ("task", "documents", "why"),
    [
        (b"", DOCUMENTS, "Choose the task's YAML file"),
        (CHOICES.encode(), [], "Choose the task's documents"),
        (CHOICES.encode(), DOCUMENTS * 5, "at most 4 files"),
        (b"a" * 30_000, DOCUMENTS, "the limit is 20 kB"),
        (CHOICES.encode(), [("colours.jsonl", b"a" * 2_100_000)], "the limit is 2000 kB"),
        (CHOICES.encode(), [("colours.jsonl", b"\xff\xfe")], "no text in UTF-8"),
        (CHOICES.encode(), [("colors.jsonl", b"{}")], "there are: colors.jsonl"),
        (CHOICES.encode() + b"include: x", DOCUMENTS, "include is not taken"),
    ],
)
def test_what_is_no_task_is_refused_at_once(task: bytes, documents: Any, why: str) -> None:
    with pytest.raises(StudioError, match=why) as refused:
        tasks.task_given(task, documents)
    assert refused.value.field == "task"


def test_a_task_belongs_to_its_kind_and_needs_the_harness(
    made: Any, dataset: Any, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tasks.task_given(CHOICES.encode(), DOCUMENTS)
    for values, field in (
        ({"kind": "scores", "task": given}, "task"),
        ({"kind": "harness"}, "task"),
        ({"kind": "harness", "task": given, "dataset": dataset}, "file"),
    ):
        with pytest.raises(StudioError) as refused:
            made(**values)
        assert refused.value.field == field
    monkeypatch.setattr(tasks, "PACKAGE", "no_such_package")
    with pytest.raises(StudioError, match="requirements-lm-eval") as refused:
        made(kind="harness", task=given)
    assert refused.value.code == "not_installed"
    assert not Evaluation.objects.exists()


def test_the_page_says_where_the_harness_is_missing(
    run: Any, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("run-evaluations", args=[run.public_id])
    words = "lm-evaluation-harness is not installed here, so no task can be run."
    monkeypatch.setattr(tasks, "PACKAGE", "no_such_package")
    page = signed_in(alice).get(address).content.decode()
    assert words in page
    assert "pip install -r requirements-lm-eval.txt" in page
    monkeypatch.setattr(tasks, "PACKAGE", "json")
    assert words not in signed_in(alice).get(address).content.decode()


def test_the_page_takes_files_or_a_task_of_the_operators(
    run: Any, alice: Any, sent: Any, installed: None, offered: Path
) -> None:
    client, address = signed_in(alice), reverse("run-evaluations", args=[run.public_id])
    page = client.get(address).content.decode()
    assert '<option value="colours">' in page
    assert "notes" not in page
    for form, why in (
        ({}, "Choose a task."),
        ({"task": "unsafe"}, "unsafe.yaml: unsafe_code is not taken here"),
        ({"task": "moons"}, "There is no task “moons” here; there are: colours, unsafe."),
        ({"task_file": SimpleUploadedFile("a.yaml", b"a: b")}, "Choose the task&#x27;s documents"),
    ):
        refused = client.post(address, {"kind": "harness", **form})
        assert (refused.status_code, why in refused.content.decode()) == (422, True), why
    assert client.post(address, {"kind": "harness", "task": "colours"}).status_code == 302
    files = {
        "task_file": SimpleUploadedFile("a.yaml", CHOICES.encode()),
        "task_documents": SimpleUploadedFile("colours.jsonl", TEXT.encode()),
    }
    form = {"kind": "harness", "chat": "true", "limit": "2", **files}
    assert client.post(address, form).status_code == 302
    mine, first = Evaluation.objects.all()
    assert (mine.data_name, mine.terms["chat"], mine.terms["limit"]) == ("colours", True, 2)
    for one in (mine, first):
        names = {path.name for path in (one.folder / TASK_FOLDER).iterdir()}
        assert names == {"task.yaml", "documents-0.jsonl"}
        execution.cleared(one.folder)
        assert (one.folder / TASK_FOLDER / "task.yaml").is_file(), "a second attempt finds it"


def test_the_api_takes_a_task_or_its_name(
    run: Any, team: Any, alice: Any, client: Client, sent: Any, installed: None, offered: Path
) -> None:
    _, secret = key_create(team=team, user=alice, name="test")

    def post(**more: Any) -> Any:
        body = {"kind": "harness", "fine_tuning_job_id": run.public_id, **more}
        return client.post(
            "/v1/wukong/evaluations", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    documents = [{"name": name, "text": text} for name, text in FILES.items()]
    for values, param in (
        ({"task": {"text": CHOICES + "include: x", "documents": documents}}, "task"),
        ({"task_name": "moons"}, "task"),
        ({"task_name": "colours", "task": {"text": CHOICES, "documents": documents}}, "task_name"),
    ):
        refused = post(**values)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    for values in ({"task": {"text": CHOICES, "documents": documents}}, {"task_name": "colours"}):
        made = post(**values)
        assert made.status_code == 200, made.content
        assert made.json()["kind"] == "harness"


@needs_harness
def test_a_task_is_run_in_a_process_of_its_own(run: Any, made: Any, alice: Any) -> None:
    given = tasks.task_given(CHOICES.encode(), DOCUMENTS)
    evaluation = ended(made(kind="harness", task=given))
    assert (evaluation.state, evaluation.message) == ("done", "")
    assert evaluation.share == 1.0
    ((name, task),) = evaluation.tasks
    assert (name, task["documents"]) == ("colours", 4)
    assert "dialogues" not in task, "they stand in the file"
    written = evaluation.file.read_text()
    assert str(run.folder.parent) not in written, "no place of this server"
    rows = json.loads(written)["tasks"]["colours"]["dialogues"]
    told: list[float] = []
    alone = harness(
        run_subject(run.folder), evaluation.folder / TASK_FOLDER, alone=True, told=told.append
    )
    assert rows == alone["tasks"]["colours"]["dialogues"]
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == 1.0
    page = signed_in(alice).get(reverse("run-evaluations", args=[run.public_id])).content.decode()
    assert f"acc {task['metrics']['acc']:.4f}" in page
    assert "4 documents" in page


@needs_harness
def test_replies_after_examples_and_what_the_harness_refuses(run: Any, made: Any) -> None:
    documents = [*DOCUMENTS, ("more.jsonl", TEXT.encode())]
    given = tasks.task_given(REPLY.encode(), documents)
    evaluation = ended(made(kind="harness", task=given, terms=Terms(limit=2, chat=True)))
    assert evaluation.state == "done", evaluation.message
    ((_, task),) = evaluation.tasks
    assert (task["documents"], task["shots"]) == (2, 1)
    assert set(task["metrics"]) == {"exact_match"}
    odd = CHOICES.replace("{{choices}}", "{{question}}")
    evaluation = ended(made(kind="harness", task=tasks.task_given(odd.encode(), DOCUMENTS)))
    assert evaluation.state == "failed"
    assert evaluation.message.startswith("The harness cannot run this task: ")


@needs_harness
def test_what_takes_long_beside_the_model_is_left(
    run: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expression that a reply makes run for ever; the bound is made short here."""
    from finetune.evaluation.harness import results
    from finetune.evaluation.scoring.exceptions import EvaluationError

    slow = REPLY.replace("(\\\\w+)", "^(([a-z])+.)+[A-Z]([a-z])+$|(.|.)*(.|.)*☃")
    slow = slow.replace("max_gen_toks: 4", "max_gen_toks: 60").replace('until: ["\\n"], ', "")
    documents = [*DOCUMENTS, ("more.jsonl", TEXT.encode())]
    evaluation = made(kind="harness", task=tasks.task_given(slow.encode(), documents))
    monkeypatch.setattr(results, "MOST_SECONDS", 3.0)
    with pytest.raises(EvaluationError, match="takes longer than 3 s"):
        harness(run_subject(run.folder), evaluation.folder / TASK_FOLDER, alone=True)
