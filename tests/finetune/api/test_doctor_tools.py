"""Over REST: calls of tools in dialogues and edits, and the pause by which a chat is cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload
from tests.finetune.datasets.findings.conftest import filler

from .test_doctor import after, call  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tells the weather."}}
CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
ASKED, CALLS, RESULT, REPLY = TALK = [
    {"role": "user", "content": "Will it rain?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "rain", "tool_call_id": "1"},
    {"role": "assistant", "content": "Yes."},
]


def checked(team: Any, alice: Any, text: str, name: str, **options: Any) -> Dataset:
    file = SimpleUploadedFile(name, text.encode())
    made = dataset_upload(team=team, user=alice, file=file, options=options)
    dataset_check(made.pk)
    made.refresh_from_db()
    return made


def test_calls_are_shown_and_edited(call: Any, team: Any, alice: Any) -> None:  # noqa: F811
    rows = [{"messages": TALK, "tools": [TOOL]}, *map(filler, range(11))]
    found = checked(team, alice, "\n".join(map(json.dumps, rows)), "rows.jsonl")
    first, second = call("get", f"{found.public_id}/dialogues?limit=2")["data"]
    assert (first["messages"], first["tools"], second["tools"]) == (TALK, [TOOL], [])
    (hit,) = call("get", f"{found.public_id}/dialogues?q=WEATHER(")["data"]
    assert hit["line"] == 1

    new = [ASKED, {**CALLS, "content": None}, RESULT, {**REPLY, "content": "It will."}]
    body: dict[str, Any] = {"edit": [{"line": 1, "messages": new}], "exclude": [3]}
    call("post", f"{found.public_id}/versions", body)
    made = call("get", f"{after(found).public_id}/dialogues?limit=1")["data"][0]
    assert (made["messages"], made["tools"]) == ([ASKED, CALLS, RESULT, new[3]], [TOOL])

    body["edit"][0]["messages"] = [ASKED, {**CALLS, "tool_calls": [{}]}, REPLY]
    error = call("post", f"{found.public_id}/versions", body, 400)["error"]
    assert (error["code"], "no call of a function" in error["message"]) == (
        "invalid_dialogue",
        True,
    )


def test_the_pause_of_a_chat_is_chosen_and_stays(call: Any, team: Any, alice: Any) -> None:  # noqa: F811
    text = "\n".join(
        f"{day:02}/01/24, {hour}:00 - {name}: Hi {day}"
        for day in range(1, 15)
        for hour, name in ((10, "Ann"), (12, "Ben"))
    )
    found = checked(team, alice, text, "chat.txt", consent={"by": "alice"}, speaker="Ben")
    path = f"{found.public_id}/check"
    told = call("get", found.public_id)
    assert (told["read_as"]["pause_hours"], told["counts"]["dialogues"]) == (6, 14)
    for pause in (0, 9000):
        assert call("post", path, {"pause_hours": pause}, 400)["error"]["param"] == "pause_hours"
    call("post", path, {"pause_hours": 21})
    dataset_check(found.pk)
    assert call("get", found.public_id)["counts"]["dialogues"] == 14
    call("post", path, {"pause_hours": 22})
    dataset_check(found.pk)
    assert call("get", found.public_id)["error_code"] == "too_few_dialogues"
    call("post", path, {"split": {"seed": 5}})  # what is left out stays as it was
    found.refresh_from_db()
    assert found.options["pause_hours"] == 22

    plain = checked(team, alice, "\n".join(json.dumps(filler(n)) for n in range(12)), "a.jsonl")
    assert call("get", plain.public_id)["read_as"]["pause_hours"] is None
    error = call("post", f"{plain.public_id}/check", {"pause_hours": 3}, 400)["error"]
    assert error["param"] == "pause_hours"
