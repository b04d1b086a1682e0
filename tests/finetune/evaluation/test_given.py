"""Arithmetic after solved problems, and cases written elsewhere, on the site and over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from finetune.evaluation import execution, services
from finetune.evaluation.given import MOST_BYTES, given_read
from finetune.evaluation.models import Evaluation
from finetune.evaluation.process.order import DATA, EXAMPLES, Terms, cases_of
from finetune.exceptions import StudioError
from finetune.teams.keys.services import key_create
from tests.finetune.evaluation.conftest import signed_in

pytestmark = pytest.mark.django_db
CONFIG = """\
prompts: ["{{q}}"]
tests:
  - vars: {q: I am tired.}
    assert: [{type: regex, value: "(?s).*"}]
  - vars: {q: I am awake.}
    assert: [{type: equals, value: nobody says this}]
  - vars: {q: I am here.}
    assert: [{type: llm-rubric, value: polite}]
"""


def ended(evaluation: Evaluation) -> Evaluation:
    execution.evaluation_run(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("cases.py", b"import os", "is none of these"),
        ("cases", b"prompts: [hi]", "is none of these"),
        ("cases.yaml", b" \n", "is empty"),
        ("cases.yaml", b"a" * (MOST_BYTES + 1), "the limit is 500 kB"),
        ("cases.yaml", b"\xff\xfe", "no text in UTF-8"),
        ("cases.yaml", b"a: b\0", "no text in UTF-8"),
        ("cases.jsonl", b'{"input": "a"}\n{', "line 2 is no JSON"),
        ("cases.json", b"[" * 100_000, "line 1 is no JSON"),
    ],
)
def test_what_is_no_file_of_cases_is_refused_at_once(name: str, content: bytes, why: str) -> None:
    with pytest.raises(StudioError, match=why) as refused:
        given_read(name, content)
    assert refused.value.field == "cases"


def test_a_file_belongs_to_imported_cases_alone(run: Any, made: Any, dataset: Any) -> None:
    given = given_read("/home/me/my cases.yaml", CONFIG.encode())
    assert (given.name, given.suffix) == ("my cases.yaml", ".yaml")
    for values, field in (
        ({"kind": "imported"}, "cases"),
        ({"kind": "scores", "given": given}, "cases"),
        ({"kind": "imported", "given": given, "dataset": dataset}, "file"),
    ):
        with pytest.raises(StudioError) as refused:
            made(**values)
        assert refused.value.field == field
    assert not Evaluation.objects.exists()


def test_cases_are_handed_in_put_and_judged(run: Any, alice: Any, sent: Any) -> None:
    client = signed_in(alice)
    address = reverse("run-evaluations", args=[run.public_id])
    missing = client.post(address, {"kind": "imported"})
    assert missing.status_code == 422
    assert "Choose a file of cases." in missing.content.decode()
    file = SimpleUploadedFile("promptfooconfig.yaml", CONFIG.encode())
    form = {"kind": "imported", "cases": file, "tokens": "4", "run_prompt": "true"}
    assert client.post(address, form).status_code == 302
    evaluation = Evaluation.objects.get()
    assert evaluation.data_name == "promptfooconfig.yaml"
    assert evaluation.terms["run_prompt"] is True
    assert cases_of(evaluation.folder).read_text() == CONFIG
    (evaluation.folder / "result.json").write_text("of a worker that was lost")
    assert ended(evaluation).state == "done", evaluation.message
    assert (evaluation.result["right"], evaluation.result["tokens"]) == (1, 2)
    page = client.get(address).content.decode()
    assert "1 of 2 cases passed: 0.5000" in page
    assert "llm-rubric (1)" in page
    assert "2 of 3 cases judged" in page


def test_the_api_takes_cases_and_says_what_they_may_not_say(
    run: Any, team: Any, alice: Any, client: Client, sent: Any
) -> None:
    _, secret = key_create(team=team, user=alice, name="test")

    def post(**cases: str) -> Any:
        body = {"kind": "imported", "fine_tuning_job_id": run.public_id, "cases": cases}
        return client.post(
            "/v1/wukong/evaluations", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    refused = post(name="cases.txt", text="hi")
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "cases")
    made = post(name="cases.yaml", text="prompts: ['file:///etc/passwd']")
    assert made.status_code == 200, made.content
    evaluation = ended(Evaluation.objects.get(public_id=made.json()["id"]))
    assert evaluation.state == "failed"
    assert evaluation.message.startswith("cases.yaml names file:///etc/passwd")


def test_solved_examples_come_from_what_is_not_evaluated(
    run: Any, made: Any, dataset: Any, sent: Any
) -> None:
    terms = Terms(prompt="few-shot", examples=2)
    with pytest.raises(StudioError, match="Take the held-out one") as refused:
        made(kind="arithmetic", dataset=dataset, part="all", terms=terms)
    assert refused.value.field == "part"
    evaluation = made(kind="arithmetic", dataset=dataset, terms=terms)
    execution.cleared(evaluation.folder)
    execution.examples_write(evaluation, evaluation.folder / EXAMPLES)
    shown = (evaluation.folder / EXAMPLES).read_text().splitlines()
    assert shown == dataset.train_file.read_text().splitlines()[:2]
    (run.folder / "train.jsonl").unlink(missing_ok=True)
    with pytest.raises(StudioError, match="no solved problems"):
        made(kind="arithmetic", terms=terms)


def test_arithmetic_after_solved_examples(run: Any, made: Any) -> None:
    for name, numbers in (("train", range(5)), ("validation", (7, 8))):
        rows = [{"question": f"What is {n} + 1?", "answer": f"#### {n + 1}"} for n in numbers]
        (run.folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    terms = Terms(prompt="few-shot", examples=3, tokens=4)
    evaluation = ended(made(kind="arithmetic", terms=terms))
    assert evaluation.state == "done", evaluation.message
    assert (evaluation.result["prompt"], evaluation.result["shots"]) == ("few-shot", 3)
    assert evaluation.result["tokens"] == 2
    assert (evaluation.folder / DATA).read_text().count("\n") == 2
    services.evaluation_delete(evaluation=evaluation)
