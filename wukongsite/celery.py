"""The Celery application.

Queues: `train` (runs), `checks` (data sets, base models), `drawings` (circuits), `default` (what
beat sends), `quantum` (jobs), `bases` (downloads of base models), `explorer` (experiments).
"""

import logging
import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_prerun, worker_init
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
# In a container the studio is often root; the warning's dozen lines would hide the sign-in link.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("wukongsite")
app.set_default()  # in every thread
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def logging_stays_djangos(**_: Any) -> None:
    """A receiver here keeps Celery from setting up logging of its own over `settings.LOGGING`."""


@worker_init.connect
def worker_gives_signs(**_: Any) -> None:
    """Only a worker imports the module that connects them; it needs Django's settings."""
    import wukongsite.processes.signs  # noqa: F401


@before_task_publish.connect
def request_goes_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A task that a request sends carries the request's id, for the worker's log."""
    request_id = get_contextvars().get("request_id")
    if headers is not None and request_id:
        headers["request_id"] = request_id


@task_prerun.connect
def task_in_log(task_id: str = "", task: Any = None, **_: Any) -> None:
    """What a worker logs from here on names its task, and the request that it comes from."""
    clear_contextvars()
    bind_contextvars(task=task.name.rpartition(".")[2], task_id=task_id)
    if request_id := task.request.get("request_id"):
        bind_contextvars(request_id=request_id)


class StopIsNoError(logging.Filter):
    """Drops Celery's line about a child that was told to stop: the run's own log says it. One that
    was killed is told in one line, since the traceback is of whoever noticed."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "WorkerLostError" in message:
            record.exc_info = record.exc_text = None
        return "signal 15 (SIGTERM)" not in message


class OneLine(logging.Filter):
    """Beat writes two stacks for each task that it cannot send while the broker is away; the first
    line says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg.startswith("Message Error"):
            record.msg = record.getMessage().partition("\n")[0]
            record.args = ()
            record.exc_info = record.exc_text = None
        return True
