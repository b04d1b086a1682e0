"""What workers log: a stop is no error, everything else is; and whose work it was."""

import logging
import sys
import threading

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import worker_ready
from structlog.contextvars import bound_contextvars, get_contextvars

from wukongsite.celery import OneLine, StopIsNoError, app
from wukongsite.processes.signs import signs_begin

WORDS = "Task handler raised error: WorkerLostError('Worker exited prematurely: signal {}.')"


@pytest.mark.parametrize(
    ("signal", "shown"), [("15 (SIGTERM) Job: 0", False), ("9 (SIGKILL) Job: 0", True)]
)
def test_only_a_stop_is_left_out(signal, shown):
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, WORDS.format(signal), (), None)
    assert StopIsNoError().filter(record) is shown


def test_a_task_carries_its_request_s_id_to_the_worker_s_log(valkey):
    """Sent while a request is answered; a real worker takes it from the broker."""
    seen: list[dict[str, object]] = []
    done = threading.Event()

    @app.task(name="tests.ids")
    def ids() -> None:
        seen.append(get_contextvars())
        done.set()

    worker_ready.disconnect(signs_begin)  # its thread would write signs until the tests end
    try:
        with start_worker(app, pool="solo", perform_ping_check=False, queues=["tests-ids"]):
            with bound_contextvars(request_id="req_of_a_test"):
                sent = ids.apply_async(queue="tests-ids")
            assert done.wait(60)
    finally:
        worker_ready.connect(signs_begin)
        app.tasks.pop("tests.ids")
    assert seen == [{"task": "ids", "task_id": sent.id, "request_id": "req_of_a_test"}]


def record_of(message: str, *args: object) -> logging.LogRecord:
    try:
        raise ConnectionError("away")
    except ConnectionError:
        error = sys.exc_info()
    return logging.LogRecord("celery", logging.ERROR, __file__, 1, message, args, error)


def test_what_others_have_lost_is_told_in_one_line():
    lost = record_of("Task handler raised error: %s", "WorkerLostError('signal 9 (SIGKILL)')")
    assert StopIsNoError().filter(lost)
    assert "\n" not in logging.Formatter().format(lost)
    unsent = record_of("Message Error: %s\n%s", "refused", ["a stack"])
    assert OneLine().filter(unsent)
    assert logging.Formatter().format(unsent) == "Message Error: refused"
    own = record_of("Task failed")
    assert StopIsNoError().filter(own)
    assert OneLine().filter(own)
    assert "ConnectionError: away" in logging.Formatter().format(own)
