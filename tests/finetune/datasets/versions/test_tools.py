"""Calls of tools through versions: shown, searched, edited, masked, and exported."""

import json

import pytest

from finetune.datasets.formats.calls import with_texts
from finetune.datasets.models import Dataset
from finetune.datasets.versions import changes
from finetune.datasets.versions.dialogues import Dialogues
from finetune.datasets.versions.exports import Export, writable
from finetune.datasets.versions.forms import TurnsForm
from finetune.datasets.versions.services import version_make
from finetune.exceptions import StudioError

from .conftest import lines
from .test_views import newest, page, post  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tells the weather."}}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Zürich", "mail": "ada@example.org"}'},
}
RECORD = {
    "messages": [
        {"role": "user", "content": "Will it rain?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "rain", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "Yes."},
    ],
    "tools": [TOOL],
}


@pytest.fixture
def called(made):
    return made(lines(12, json.dumps(RECORD)))


def last(row):
    return Dialogues(row).of_line(13)


def text_of(row, form):
    return "".join(Export(row, form, "all").blocks())


def test_a_version_keeps_calls_and_tools(called, alice):
    version_make(dataset=called, user=alice, changes=[changes.tag(13, ["rain"])])
    made = newest()
    assert made.state == "ready", made.problem
    kept = {**RECORD, "tags": ["rain"], "source": "line 13 of version 1"}
    assert last(made).record == kept


def test_they_are_shown_and_found(called, page):  # noqa: F811
    shown = page("dataset-dialogues", called, q="zürich")
    assert "weather({&quot;city&quot;: &quot;Zürich&quot;" in shown
    assert shown.count('class="card talk') == 1
    form = page("dataset-dialogue", called, 13)
    assert 'name="calls-2"' in form
    assert '<option value="tool" selected>' in form
    assert '<option value="tool"' not in page("dataset-dialogue", called, 1)


def test_an_edit_keeps_what_was_not_changed(called, post):  # noqa: F811
    form = TurnsForm.of_messages(RECORD["messages"])
    assert form.messages() == RECORD["messages"]
    fields = {}
    for turn in form.turns:
        fields |= {f"role-{turn.number}": turn.role, f"content-{turn.number}": turn.content}
        fields |= {f"calls-{turn.number}": turn.calls} if turn.calls else {}
    assert post("dataset-dialogue", called, 13, **fields, do="save").status_code == 302
    assert not called.drafts.exists()
    fields["content-4"] = "Yes, take a coat."
    post("dataset-dialogue", called, 13, **fields, do="save")
    [draft] = called.drafts.all()
    assert draft.messages == [
        *RECORD["messages"][:3], {"role": "assistant", "content": "Yes, take a coat."},
    ]  # fmt: skip
    for broken in ("{", '{"weight": 1}', '{"tool_calls": [{}]}'):
        answer = post("dataset-dialogue", called, 13, **fields | {"calls-2": broken}, do="save")
        assert answer.status_code == 422
        assert 'id="error-2"' in answer.content.decode()


def test_masks_are_put_into_calls_and_results(made, changed, records):
    arguments = {
        "phone": 13800138000,
        "nights": 3,
        "to": [{"ada@example.org": True, "bob@example.org": None}],
    }
    call = {**CALL, "function": {"name": "weather", "arguments": json.dumps(arguments)}}
    asked, _calls, result, reply = RECORD["messages"]
    said = {**result, "content": "sent to ada@example.org"}
    whole = {"messages": [asked, {**_calls, "tool_calls": [call]}, said, reply], "tools": [TOOL]}
    row = changed(made(lines(12, json.dumps(whole))), changes.mask(13))
    assert (row.state, row.changes["counts"]) == ("ready", {"mask": 1})
    *_, last = records(row)
    assert last["tools"] == [TOOL]
    assert last["messages"][2] == {**said, "content": "sent to [EMAIL]"}
    (masked,) = last["messages"][1]["tool_calls"]
    assert (masked["id"], masked["function"]["name"]) == ("call_1", "weather")
    assert json.loads(masked["function"]["arguments"]) == {
        "phone": "[PHONE]", "nights": 3, "to": [{"[EMAIL]": True, "[EMAIL] 2": None}],
    }  # fmt: skip


def test_fixes_keep_calls_and_tools(made, changed, records):
    asked, calls, result, reply = RECORD["messages"]
    blank = {"role": "user", "content": " "}
    token = {**CALL, "function": {"name": "weather", "arguments": '{"city": "Basel<|im_end|>"}'}}
    faulty = [
        {**RECORD, "messages": [{**asked, "role": "usr"}, calls, result, reply], "person": "p7"},
        {**RECORD, "messages": [asked, calls, {**result, "content": ""}, blank, reply]},
        {**RECORD, "messages": [asked, {**calls, "tool_calls": [token]}, result, reply]},
    ]
    row = made(lines(12, *map(json.dumps, faulty)))
    assert row.report["fixable"] == {"lines": 2, "texts": 1, "tried": 3}
    first, second, third = records(changed(row, changes.fix_all(), changes.fix(15)))[12:]
    assert first == {**RECORD, "person": "p7", "source": "line 13 of version 1"}
    assert second["messages"] == [asked, calls, {**result, "content": ""}, reply]
    assert (second["tools"], third["tools"]) == ([TOOL], [TOOL])
    (call,) = third["messages"][1]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"city": "Basel"}


def test_an_edit_may_be_as_openai_writes_it(called, changed, records):
    asked, calls, result, reply = RECORD["messages"]
    row = changed(called, changes.edit(13, [asked, {**calls, "content": None}, result, reply]))
    assert records(row)[12]["messages"] == RECORD["messages"]


def test_pairs_have_no_tools(made):
    pair = {"messages": [RECORD["messages"][0]], "tools": [TOOL], "tags": ["a"]}
    rows = [
        {**pair, "chosen": f"Yes, {n} times.", "rejected": f"No, {n} times."} for n in range(12)
    ]
    row = made("\n".join(map(json.dumps, rows)))
    assert (row.state, row.kind) == ("ready", "preference")
    assert row.report["unused"] == [{"key": "tools", "records": 12}]
    assert "tools" not in Dialogues(row).of_line(1).record


def test_masks_reach_into_calls():
    hidden = with_texts(RECORD["messages"][1], lambda text: text.replace("ada@example.org", "[E]"))
    arguments = hidden["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"city": "Zürich", "mail": "[E]"}
    assert with_texts(RECORD["messages"][1], str) == RECORD["messages"][1]


WITH_TOOLS = ["openai", "trl", "openai_batch"]


@pytest.mark.parametrize("form", WITH_TOOLS)
def test_forms_with_words_for_tools(called, made, form):
    again = made(text_of(called, form), "again.jsonl")
    assert (again.state, again.report["format"]) == ("ready", form)
    assert last(again).record == RECORD


@pytest.mark.parametrize("form", sorted(writable().keys() - WITH_TOOLS))
def test_forms_without(called, form):
    with pytest.raises(StudioError, match="line 13 needs: calls of tools"):
        Export(called, form, "all")


def test_a_list_of_tools_alone_is_not_lost_either(made):
    plain = [RECORD["messages"][0], RECORD["messages"][3]]
    row = made(lines(12, json.dumps({"messages": plain, "tools": [TOOL]})))
    assert isinstance(row, Dataset)
    with pytest.raises(StudioError, match="which tools may be called"):
        Export(row, "sharegpt", "all")
