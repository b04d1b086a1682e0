"""What Celery logs: a stop is no error, everything else is."""

import logging

import pytest

from wukongsite.celery import StopIsNoError

WORDS = "Task handler raised error: WorkerLostError('Worker exited prematurely: signal {}.')"


@pytest.mark.parametrize(
    ("signal", "shown"), [("15 (SIGTERM) Job: 0", False), ("9 (SIGKILL) Job: 0", True)]
)
def test_only_a_stop_is_left_out(signal, shown):
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, WORDS.format(signal), (), None)
    assert StopIsNoError().filter(record) is shown
