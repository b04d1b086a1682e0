"""`/v1/wukong/studies`: make, read, stop, resume, the table."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from finetune.runs.models import Run
from finetune.studies.advance import study_advance
from finetune.studies.models import Study
from finetune.teams.keys.services import key_create
from tests.finetune.studies.conftest import order, study  # noqa: F401 (fixtures)
from tests.finetune.studies.test_advance import advance_to_choice
from tests.finetune.studies.test_views import problems_made, scores_end

pytestmark = pytest.mark.django_db
ADDRESS = "/v1/wukong/studies"


@pytest.fixture
def call(team: Any, alice: Any) -> Any:
    _, secret = key_create(team=team, user=alice, name="hers")
    client = Client()

    def made(method: str, path: str = "", body: Any = None) -> Any:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        headers = {"authorization": f"Bearer {secret}"}
        return getattr(client, method)(ADDRESS + path, headers=headers, **more)

    return made


def test_the_matched_study_of_a_job(call: Any, run_made: Run) -> None:
    Run.objects.filter(pk=run_made.pk).update(state=Run.State.SUCCEEDED)
    body = {"from_job": run_made.public_id, "seeds": [3, 4], "settings": {"steps": 10}}
    answer = call("post", body=body)
    assert answer.status_code == 200, answer.content
    made = answer.json()
    assert made["object"] == "wukong.study"
    assert made["training_file"] == run_made.dataset.public_id
    assert made["settings"]["settings"]["steps"] == 10
    assert made["settings"]["settings"]["batch_size"] == run_made.settings.batch_size
    assert made["runs"]["total"] > 20
    assert call("post", body=body).json()["id"] == made["id"]  # the same body is the same study
    kept = Study.objects.get()
    assert kept.key is not None
    assert call("get", f"/{made['id']}").json() == made
    assert [one["id"] for one in call("get").json()["data"]] == [made["id"]]
    assert call("get", "?after=study-none").status_code == 400


def test_a_study_of_an_adapter(call: Any, base: Any, dataset: Any) -> None:
    body = {
        "model": base.slug,
        "training_file": dataset.public_id,
        "adapter": "qgs",
        "arms": ["circuit", "bottleneck"],
        "rates": {"circuit": [0.01, 0.1]},
        "seeds": [1],
        "name": "Small",
    }
    made = call("post", body=body).json()
    assert made["name"] == "Small"
    assert made["runs"]["total"] == 2 + 3
    assert made["settings"]["adapter"] == "qgs"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"training_file": None}, "training_file"),
        ({"arms": ["circuit", "nobody"]}, "arms"),
        ({"arms": ["circuit"]}, "arms"),
        ({"rates": {"circuit": [2.0]}}, "rates"),
        ({"settings": {"stepps": 1}}, "stepps"),
        ({"settings": {"seed": 1}}, "settings"),
        ({"seeds": []}, "seeds"),
        ({"seeds": [1, -2]}, "seeds"),
        ({"adapter": "nothing"}, "adapter"),
    ],
)
def test_what_cannot_be_used_is_named(
    call: Any, base: Any, dataset: Any, change: Any, param: str
) -> None:
    body = {"model": base.slug, "training_file": dataset.public_id, **change}
    answer = call("post", body=body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["param"] == param
    assert not Study.objects.exists()


def test_the_test_file_is_not_the_training_file(call: Any, base: Any, dataset: Any) -> None:
    body = {"model": base.slug, "training_file": dataset.public_id}
    answer = call("post", body={**body, "test_file": dataset.public_id})
    assert answer.json()["error"]["param"] == "test_file"


def test_stop_and_resume(call: Any, study: Study) -> None:  # noqa: F811
    study_advance(study.pk)
    stopped = call("post", f"/{study.public_id}/stop?cancel_runs=true").json()
    assert stopped["status"] == "stopped"
    assert call("post", f"/{study.public_id}/stop").status_code == 409
    assert call("post", f"/{study.public_id}/resume").json()["status"] == "running"
    assert call("post", f"/{study.public_id}/resume").status_code == 409


def test_one_that_is_scored_is_stopped_and_scored_on(call: Any, study: Study) -> None:  # noqa: F811
    study_advance(study.pk)
    advance_to_choice(study)
    assert call("get", f"/{study.public_id}").json()["status"] == "scoring"
    assert call("post", f"/{study.public_id}/stop").json()["status"] == "stopped"
    study_advance(study.pk)
    assert call("get", f"/{study.public_id}").json()["status"] == "stopped"
    assert call("post", f"/{study.public_id}/resume").json()["status"] == "scoring"
    scores_end(study)
    study_advance(study.pk)
    assert call("get", f"/{study.public_id}").json()["status"] == "done"


def test_the_table_and_its_sentences(call: Any, study: Study) -> None:  # noqa: F811
    study_advance(study.pk)
    before = call("get", f"/{study.public_id}/table").json()
    assert all(row["test_loss"] is None for row in before["table"]["rows"])
    advance_to_choice(study)
    scores_end(study)
    hidden = call("get", f"/{study.public_id}/table").json()
    assert all(row["test_loss"] is None for row in hidden["table"]["rows"])  # not before all ended
    study_advance(study.pk)
    table = call("get", f"/{study.public_id}/table").json()["table"]
    assert all(row["test_loss"] is not None for row in table["rows"])
    made = call("get", f"/{study.public_id}").json()
    assert made["status"] == "done"
    assert len(made["sentences"]) == 3
    assert set(made["chosen"]) == set(study.settings.arms)


def test_delete(call: Any, study: Study) -> None:  # noqa: F811
    study_advance(study.pk)
    refused = call("delete", f"/{study.public_id}")
    assert refused.status_code == 409
    assert "Stop it first" in refused.json()["error"]["message"]
    call("post", f"/{study.public_id}/stop")
    cell = study.cells.first()
    cell.listed = True
    cell.save()
    kept, count = cell.run.public_id, study.cells.count()
    gone = call("delete", f"/{study.public_id}").json()
    assert (gone["deleted"], len(gone["jobs_deleted"])) == (True, count - 1)
    assert gone["jobs_kept"] == [{"id": kept, "reason": "put among the assistants"}]
    assert call("get", f"/{study.public_id}").status_code == 404
    assert call("delete", f"/{study.public_id}").status_code == 404


def test_a_task_with_its_problems(call: Any, order: Any, base: Any, dataset: Any) -> None:  # noqa: F811
    body = {"model": base.slug, "training_file": dataset.public_id, "task": "arithmetic"}
    answer = call("post", body=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "task_file")
    problems = problems_made(order.test_dataset)
    made = call("post", body={**body, "task_file": problems.public_id, "task_most": 4}).json()
    assert made["task_file"] == problems.public_id
    assert (made["settings"]["task"], made["settings"]["task_most"]) == ("arithmetic", 4)
    assert call("post", body={**body, "task": "cooking"}).status_code == 400
    wrong = call("post", body={**body, "task": "replies", "task_file": problems.public_id})
    assert wrong.json()["error"]["param"] == "task_file"
