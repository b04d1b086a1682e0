"""The Celery application.

Queues: `train` (runs), `checks` (data sets, base models), `drawings` (circuits), `default` (what
beat sends), `quantum` (jobs), `bases` (downloads of base models), `explorer` (experiments).
"""

import logging
import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init

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


class StopIsNoError(logging.Filter):
    """Drops Celery's traceback about a child that was told to stop: the run's own log says it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "signal 15 (SIGTERM)" not in record.getMessage()
