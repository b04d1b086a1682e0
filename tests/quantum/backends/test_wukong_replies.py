"""Replies of the cloud: states, counts, and what is refused."""

import json

import pytest

from quantum.backends.base import Handle, JobState, Result
from quantum.backends.wukong_replies import read_result, read_status
from quantum.exceptions import BadResultError, CircuitError, ContactLostError

HANDLE = Handle("wukong", "T", 1, 10, (2,))


def reply(**changes):
    task = {
        "taskId": "T",
        "taskState": "3",
        "measureQubitSize": [2],
        "taskResult": [json.dumps({"key": ["0x0", "0x3"], "value": [0.25, 0.75]})],
        "probCount": [json.dumps({"key": ["0x0", "0x3"], "value": [2, 8]})],
        **changes,
    }
    return json.dumps({"success": True, "obj": task})


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("1", JobState.QUEUED),
        ("2", JobState.RUNNING),
        (3, JobState.DONE),
        ("4", JobState.FAILED),
        ("5", JobState.QUEUED),
    ],
)
def test_states(state, expected):
    assert read_status(reply(taskState=state), "T").state == expected


@pytest.mark.parametrize("state", ["0", "6", 7, "x", "", None])
def test_unknown_states_prove_nothing(state):
    with pytest.raises(ContactLostError, match="state"):
        read_status(reply(taskState=state), "T")


@pytest.mark.parametrize("raw", ["", "<html>", "[]", "3", '{"success": false}', '{"success": 1}'])
def test_what_is_no_reply(raw):
    with pytest.raises(ContactLostError):
        read_status(raw, "T")


def test_another_tasks_reply():
    with pytest.raises(ContactLostError, match="about task T, not U"):
        read_status(reply(), "U")


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, {"00": 2, "11": 8}),
        ({"probCount": [{"key": ["01"], "value": [10]}]}, {"01": 10}),
        ({"probCount": [json.dumps({"key": ["0x0", "0x1"], "value": [10, 0]})]}, {"00": 10}),
        ({"measureQubitSize": None}, {"00": 2, "11": 8}),
        ({"probCount": json.dumps([json.dumps({"key": ["0x2"], "value": [10]})])}, {"10": 10}),
    ],
)
def test_counts(changes, counts):
    raw = reply(**changes)
    assert read_result(raw, HANDLE) == Result((counts,), raw=raw)


@pytest.mark.parametrize("missing", [None, [], ""])
def test_probabilities_are_rounded_and_flagged(missing):
    found = read_result(reply(probCount=missing), HANDLE)
    assert found.from_probabilities
    assert sum(found.counts[0].values()) == 10
    assert found.counts[0] in ({"00": 2, "11": 8}, {"00": 3, "11": 7})


def test_negative_probabilities_of_a_corrected_readout():
    raw = reply(
        probCount=None,
        taskResult=[json.dumps({"key": ["0x0", "0x1"], "value": [1.02, -0.02]})],
    )
    assert read_result(raw, HANDLE).counts == ({"00": 10},)


@pytest.mark.parametrize(
    "changes",
    [
        {"taskResult": [], "probCount": []},
        {"taskResult": []} | {"probCount": None},
        {"probCount": [json.dumps({"key": ["0x0"], "value": [1]})] * 2},
        {"probCount": [json.dumps({"key": ["0x4"], "value": [10]})]},
        {"probCount": [json.dumps({"key": ["001"], "value": [10]})]},
        {"probCount": [json.dumps({"key": ["zz"], "value": [10]})]},
        {"probCount": [json.dumps({"key": ["0x0", "0x1"], "value": [10]})]},
        {"probCount": ["not json"]},
        {"probCount": [json.dumps({"key": ["0x0"]})]},
        {"measureQubitSize": [3]},
        {"measureQubitSize": [2, 2]},
        {"probCount": None, "taskResult": [json.dumps({"key": ["0x0"], "value": [0]})]},
    ],
)
def test_bad_results_keep_their_text(changes):
    raw = reply(**changes)
    with pytest.raises(BadResultError) as caught:
        read_result(raw, HANDLE)
    assert caught.value.raw == raw


def test_result_and_handle_as_json():
    result = Result(({"01": 3},), True, "raw")
    assert Result.from_json(result.to_json()) == result
    assert Handle.from_json(HANDLE.to_json()) == HANDLE
    for text in ("", "{}", "[]", '{"counts": [3], "from_probabilities": false, "raw": ""}'):
        with pytest.raises(BadResultError):
            Result.from_json(text)
        with pytest.raises(CircuitError):
            Handle.from_json(text)
