"""Sending tasks to workers after the transaction has been committed.

A broker that is away loses nothing: the rows say what waits, and the periodic tasks (`reaping`,
`checking`) send again what has no message. So nobody has to wait for it either: client libraries
try a dead broker again and again for seconds; a look that takes a millisecond comes first.
"""

import logging
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5


@cache
def probe() -> redis.Redis:
    return redis.Redis.from_url(
        settings.VALKEY_URL,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=LOOK_SECONDS,
        socket_timeout=LOOK_SECONDS,
    )


def broker_answers() -> bool:
    """Whether Valkey answers now; one try, at most half a second."""
    try:
        return bool(probe().ping())
    except (redis.RedisError, OSError):
        return False


def enqueue(task: Any, *arguments: int) -> None:
    """Send `task` with ids once the current transaction is committed."""

    def send() -> None:
        if not broker_answers():
            log.warning("%s waits until the broker is back", task.name)
            return
        try:
            task.delay(*arguments)
        except (OperationalError, OSError) as error:
            log.warning("%s waits until the broker is back (%s)", task.name, error)

    transaction.on_commit(send)
