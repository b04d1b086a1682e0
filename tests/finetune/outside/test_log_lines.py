"""A line of the log is one JSON object, whatever is logged."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars, clear_contextvars

from finetune.outside.log_lines import formatter


@pytest.fixture
def written() -> Any:
    clear_contextvars()  # what a request of another test has bound
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter("json"))
    log = logging.getLogger("tests.log_lines")
    log.propagate = False
    log.addHandler(handler)
    yield log, lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    log.removeHandler(handler)


def test_words_level_logger_and_time(written):
    log, lines = written
    log.warning("%s waits\nfor %d", "“Ein Lauf”", 3)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "“Ein Lauf” waits\nfor 3", "level": "warning", "logger": log.name}


def test_what_is_bound_where_the_work_begins(written):
    log, lines = written
    with bound_contextvars(run="ftjob-1", request_id="req_1"):
        log.error("one")
    log.error("two")
    one, two = lines()
    assert (one["run"], one["request_id"]) == ("ftjob-1", "req_1")
    assert not {"run", "request_id"} & two.keys()


def test_an_exception_without_what_variables_held(written):
    log, lines = written
    words_of_a_talk = "nobody but her may read this"
    try:
        raise ValueError(len(words_of_a_talk))
    except ValueError:
        log.exception("failed")
    (line,) = lines()
    assert line["exception"].endswith("ValueError: 28")
    assert words_of_a_talk not in line["exception"].replace("words_of_a_talk", "")


def test_a_refused_request_is_told_by_its_route(written, rf):
    log, lines = written
    request = rf.get("/sign-in/a-one-time-word/")
    request.id = "req_2"
    extra = {"request": request, "status_code": 404}
    log.warning("%s: %s", "Not Found", request.path, extra=extra)
    (line,) = lines()
    assert (line["event"], line["status"], line["route"]) == ("Not Found", 404, "none")
    assert line["request_id"] == "req_2"
    assert "a-one-time-word" not in json.dumps(line)


def test_people_get_words():
    record = logging.makeLogRecord({"levelname": "INFO", "name": "a.b", "msg": "ready"})
    assert formatter("text").format(record) == "INFO a.b: ready"
