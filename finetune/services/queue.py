"""Sending tasks to workers after the transaction has been committed.

A broker that is away loses nothing: the rows say what waits, and the periodic tasks (`reaping`,
`checking`) send again what has no message.
"""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def enqueue(task: Any, *arguments: int) -> None:
    """Send `task` with ids once the current transaction is committed."""

    def send() -> None:
        try:
            task.delay(*arguments)
        except (OperationalError, OSError) as error:
            log.warning("%s waits until the broker is back (%s)", task.name, error)

    transaction.on_commit(send)
