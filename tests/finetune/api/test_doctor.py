"""The data doctor over REST: reports, findings, fixes, versions, and checking again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finetune.datasets.checking import dataset_check
from finetune.datasets.findings.execution import findings_make
from finetune.datasets.findings.models import Findings
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload
from finetune.teams.keys.services import key_create
from tests.finetune.datasets.findings.conftest import filler, talk

pytestmark = pytest.mark.django_db
LONG = filler(77)["messages"][0]["content"]
LOOKED_AT: list[Any] = []
FAULTY = json.dumps({"messages": filler(50)["messages"]})[:-1] + ",}"


@pytest.fixture
def call(team: Any, alice: Any) -> Any:
    """Call the API with Alice's key."""
    _, secret = key_create(team=team, user=alice, name="hers")

    def called(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        headers = {"authorization": f"Bearer {secret}"}
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        address = f"/v1/wukong/datasets/{path}"
        answer = getattr(Client(), method)(address, headers=headers, **sent)
        assert answer.status_code == status, answer.content
        return answer.json()

    return called


def rows() -> list[Any]:
    """With an e-mail address in line 4, and three that are nearly alike in lines 6, 8 and 11."""
    made = [filler(number) for number in range(14)]
    made[3] = talk("Hello to you", "Write to ann.lee@example.org then.")
    made[5], made[7] = talk(LONG, "So."), talk(LONG + " again", "So.")
    made[10] = talk(LONG + " and again", "So.")
    return made


@pytest.fixture
def looked_at(team: Any, alice: Any) -> Dataset:
    """Checked, with a line that has a comma too much, and looked at: once in a process, and what
    that has left, columns and files, is copied for each test."""
    if not LOOKED_AT:
        LOOKED_AT.append(looked_at_once(team, alice))
    columns, result, files = LOOKED_AT[0]
    made = Dataset.objects.create(team=team, created_by=alice, **copy.deepcopy(columns))
    Findings.objects.create(dataset=made, state="done", share=1, result=result)
    for name, content in files.items():
        path = made.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made


def looked_at_once(team: Any, alice: Any) -> tuple[dict[str, Any], Any, dict[str, bytes]]:
    text = "\n".join([*map(json.dumps, rows()), FAULTY])
    made = dataset_upload(
        team=team, user=alice, file=SimpleUploadedFile("rows.jsonl", text.encode()),
        options={"validation_fraction": 0.2, "seed": 3},
    )  # fmt: skip
    dataset_check(made.pk)
    findings_make(Findings.objects.get(dataset=made).pk)
    made.refresh_from_db()
    assert made.findings.state == "done", made.findings.message
    names = ("name", "filename", "bytes", "sha256", "state", "options", "report", "checked_at")
    files = {
        str(path.relative_to(made.folder)): path.read_bytes()
        for path in made.folder.rglob("*")
        if path.is_file()
    }
    columns = {name: getattr(made, name) for name in names}
    result = made.findings.result
    made.delete()
    return columns, result, files


def after(dataset: Dataset) -> Dataset:
    """The version made of a data set, made and checked."""
    made = Dataset.objects.get(previous=dataset)
    dataset_check(made.pk)
    made.refresh_from_db()
    assert made.state == "ready", made.problem
    return made


def sources(dataset: Dataset) -> list[int]:
    """From which lines of the version before its dialogues come."""
    lines = dataset.original_file.read_text("utf-8").splitlines()
    return [int(json.loads(line)["source"].split()[1]) for line in lines]


def test_reports_findings_and_fixes(call: Any, looked_at: Dataset) -> None:
    name = looked_at.public_id
    report = call("get", name)
    assert (report["status"], report["progress"], report["version"]) == ("ready", 1.0, 1)
    assert report["read_as"]["format"] == "openai"
    assert report["counts"]["dialogues"] == 14
    assert report["counts"]["errors"] == 1
    assert report["split"] == {
        "by": "dialogue", "seed": 3, "share": 0.2, "persons": None,
        "train": looked_at.report["train"]["dialogues"],
        "validation": looked_at.report["validation"]["dialogues"],
    }  # fmt: skip
    assert report["fixable"]["lines"] == 1
    assert "sharegpt" in report["formats"]

    found = call("get", f"{name}/findings")
    assert (found["status"], found["progress"]) == ("succeeded", 1.0)
    data = {one["kind"]: one for one in found["data"]}
    assert data["invalid_json"]["level"] == "error"
    assert data["invalid_json"]["can"] == ["fix"]
    assert data["invalid_json"]["places"][0]["line"] == 15
    assert data["personal_data"]["level"] == "warning"
    assert data["personal_data"]["can"] == ["mask", "exclude"]
    assert "by heart" in data["personal_data"]["sentence"]
    assert "ann.lee" not in json.dumps(found)
    assert data["near_duplicates"]["level"] == "note"
    assert (data["near_duplicates"]["count"], data["near_duplicates"]["can"]) == (3, ["keep_first"])
    assert {one["line"] for one in data["near_duplicates"]["places"]} == {6, 8, 11}
    assert {one["group"] for one in data["near_duplicates"]["places"]} == {1}
    assert found["clear"]

    page = call("get", f"{name}/findings/near_duplicates/places?limit=2")
    assert (len(page["data"]), page["has_more"]) == (2, True)
    rest = call("get", f"{name}/findings/near_duplicates/places?after={page['last_id']}")
    assert (len(rest["data"]), rest["has_more"]) == (1, False)
    (place,) = call("get", f"{name}/findings/invalid_json/places")["data"]
    assert (place["line"], place["fixable"]) == (15, True)
    call("get", f"{name}/findings/nothing/places", status=404)

    problems = call("get", f"{name}/problems")["data"]
    assert problems[place["problem"]]["line"] == 15
    fix = call("get", f"{name}/problems/{place['problem']}")
    assert fix["dialogues"] == 1
    assert fix["steps"][0]["before"].endswith(",}")
    call("get", f"{name}/problems/{len(problems)}", status=404)


def test_fixes_and_changes_make_one_version(call: Any, looked_at: Dataset) -> None:
    new = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    body = {
        "fix_all": True,
        "exclude": [1],
        "edit": [{"line": 2, "messages": new}],
        "tag": [{"line": 3, "tags": ["sleep"]}],
        "finding": {"kind": "personal_data", "do": "mask"},
        "note": "tidied",
    }
    told = call("post", f"{looked_at.public_id}/versions", body)
    assert (told["version"], told["made_of"]) == (2, looked_at.public_id)
    assert (told["status"], told["note"], told["by"]) == ("queued", "tidied", "alice")
    assert told["asked"] == {"fix": 1, "exclude": 1, "edit": 1, "tag": 1, "mask": 1}
    made = after(looked_at)
    assert sources(made) == [*range(2, 15), 15]
    dialogues = call("get", f"{made.public_id}/dialogues?limit=50")
    by_line = {one["line"]: one for one in dialogues["data"]}
    assert by_line[1]["messages"] == new
    assert by_line[2]["tags"] == ["sleep"]
    assert by_line[3]["messages"][1]["content"] == "Write to [EMAIL] then."
    assert by_line[14]["messages"] == filler(50)["messages"]

    listed = call("get", f"{looked_at.public_id}/versions?limit=1")
    assert [one["version"] for one in listed["data"]] == [2]
    assert listed["data"][0]["changes"] == told["asked"]
    rest = call("get", f"{looked_at.public_id}/versions?after={listed['last_id']}")
    assert [one["id"] for one in rest["data"]] == [looked_at.public_id]


def test_all_but_the_first_of_a_group(call: Any, looked_at: Dataset) -> None:
    path = f"{looked_at.public_id}/findings/near_duplicates/places"
    first = call("get", path)["data"][0]["line"]
    body = {"finding": {"kind": "near_duplicates", "do": "keep_first"}}
    call("post", f"{looked_at.public_id}/versions", body)
    assert set(range(1, 15)) - set(sources(after(looked_at))) == {6, 8, 11} - {first}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "no_changes"),
        ({"finding": {"kind": "near_duplicates", "do": "exclude"}}, "no_changes"),
        ({"finding": {"kind": "near_duplicates", "do": "mask"}}, "no_changes"),
        ({"edit": [{"line": 2, "messages": []}]}, "invalid_dialogue"),
        ({"tag": [{"line": 2, "tags": ["a,b"]}]}, "invalid_tags"),
        ({"exclude": [0]}, "invalid_value"),
        ({"fix": [1.5]}, "invalid_value"),
    ],
)
def test_changes_that_are_refused(
    call: Any, looked_at: Dataset, body: dict[str, Any], code: str
) -> None:
    answer = call("post", f"{looked_at.public_id}/versions", body, 400)
    assert answer["error"]["code"] == code
    assert not Dataset.objects.filter(previous=looked_at).exists()


def test_dialogues_are_found(call: Any, looked_at: Dataset) -> None:
    path = f"{looked_at.public_id}/dialogues"
    (one,) = call("get", f"{path}?q=ANN.LEE")["data"]
    assert one["line"] == 4
    page = call("get", f"{path}?limit=5")
    rest = call("get", f"{path}?limit=50&after={page['last_id']}")
    assert [row["line"] for row in page["data"] + rest["data"]] == list(range(1, 15))
    held_out = call("get", f"{path}?part=validation")["data"]
    assert len(held_out) == looked_at.report["validation"]["dialogues"]
    assert call("get", f"{path}?tag=none")["data"] == []


def test_looking_again_and_stopping(call: Any, looked_at: Dataset) -> None:
    path = f"{looked_at.public_id}/findings"
    for _ in range(2):  # the second one finds it waiting
        told = call("post", path, {})
        assert told["status"] == "queued"
        assert {one["source"] for one in told["data"]} == {"check"}
    assert call("post", f"{path}/cancel", {})["status"] == "cancelled"
    assert call("post", f"{path}/cancel", {}, 409)["error"]["code"] == "wrong_state"


def test_checking_again_with_another_split(call: Any, looked_at: Dataset) -> None:
    path = f"{looked_at.public_id}/check"
    for split, param in (({"share": 0.95}, "split.share"), ({"by": "length"}, "split.by")):
        assert call("post", path, {"split": split}, 400)["error"]["param"] == param
    refused = {"format": "docx"}, {"encoding": "utf-9"}, {"speaker": "Ann"}
    for body in refused:
        assert call("post", path, body, 400)["error"]["param"] in body
    told = call("post", path, {"split": {"by": "person", "seed": 11}})
    assert told["status"] == "queued"
    assert call("post", path, {}, 409)["error"]["code"] == "wrong_state"
    dataset_check(looked_at.pk)
    split = call("get", looked_at.public_id)["split"]
    assert (split["by"], split["seed"], split["share"]) == ("person", 11, 0.2)


def test_cancelling_what_is_made(call: Any, looked_at: Dataset) -> None:
    made = call("post", f"{looked_at.public_id}/versions", {"exclude": [1]})["id"]
    assert call("get", f"{made}/dialogues", status=409)["error"]["code"] == "not_checked"
    assert call("post", f"{made}/findings", {}, 409)["error"]["code"] == "not_checked"
    assert call("post", f"{made}/versions", {"exclude": [1]}, 409)["error"]["code"] == "not_checked"
    assert call("post", f"{made}/cancel", {})["status"] == "cancelled"
    assert call("post", f"{made}/cancel", {}, 409)["error"]["code"] == "wrong_state"
    assert call("post", f"{made}/check", {})["status"] == "queued"
    assert sources(after(looked_at)) == list(range(2, 15))
