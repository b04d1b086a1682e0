"""A fault of the machine does not flood the log; a bug is told every time, with its traceback."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.db import OperationalError

from wukongsite.http import error_reports
from wukongsite.http.error_reports import FaultsOnce


@pytest.fixture
def told() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(FaultsOnce())
    logger = logging.getLogger("tests.faults")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


def fail(logger: logging.Logger, error: Exception, words: str = "task failed") -> None:
    try:
        raise error
    except Exception:
        logger.exception(words)


def test_a_fault_is_one_line_without_a_traceback(told):
    logger, stream = told
    for _ in range(50):
        fail(logger, OSError(errno.ENOSPC, "No space left on device"))
    assert stream.getvalue().splitlines() == [
        "task failed [disk_full: [Errno 28] No space left on device]"
    ]


def test_another_fault_has_a_line_of_its_own(told):
    logger, stream = told
    fail(logger, OSError(errno.ENOSPC, "No space left on device"))
    fail(logger, OperationalError("database is locked"))
    assert len(stream.getvalue().splitlines()) == 2


def test_the_next_line_says_how_many_were_left_out(told, monkeypatch):
    logger, stream = told
    now = [1000.0]
    monkeypatch.setattr(error_reports.time, "monotonic", lambda: now[0])
    for _ in range(4):
        fail(logger, OperationalError("database is locked"))
    now[0] += error_reports.FAULT_SECONDS + 1
    fail(logger, OperationalError("database is locked"))
    assert stream.getvalue().splitlines()[-1].endswith("(3 more before it)")


def test_bugs_are_told_every_time_with_their_traceback(told):
    logger, stream = told
    for _ in range(3):
        fail(logger, ZeroDivisionError("division by zero"))
    assert stream.getvalue().count("Traceback") == 3


def test_a_celery_task_that_fails_by_a_fault_is_one_line_too(monkeypatch):
    """Through Celery's own report of a failed task, which is where periodic tasks end up."""
    from celery import Celery

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(FaultsOnce())
    logger = logging.getLogger("celery.app.trace")
    logger.addHandler(handler)
    app = Celery("faults", broker="memory://", set_as_current=False)

    @app.task
    def reap() -> None:
        raise OperationalError("database or disk is full")

    try:
        for _ in range(10):
            reap.apply()
    finally:
        logger.removeHandler(handler)
    lines = [line for line in stream.getvalue().splitlines() if line]
    assert len(lines) == 1
    assert "disk_full" in lines[0]


def test_the_filter_is_on_the_sites_log():
    handlers: dict[str, Any] = site.LOGGING["handlers"]
    assert "faults" in handlers["console"]["filters"]
    # The console's list is told before that filter has taken the traceback away.
    assert site.LOGGING["root"]["handlers"] == ["errors", "console"]
