"""Sending tasks to workers after the transaction has been committed.

A broker that is away loses nothing: the rows say what waits, and the periodic tasks (`reaping`,
`checking`) send again what has no message. So nobody has to wait for it either: client libraries
try a dead broker again and again for seconds; a look that takes a millisecond comes first.
"""

import logging
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
BROKER_AWAY = (OSError, redis.RedisError)  # what a client of Valkey raises then


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
    except BROKER_AWAY:
        return False


def messages_waiting(queue: str) -> int | None:
    """How many messages lie in a queue and no worker has fetched; None: the broker is away."""
    try:
        return int(probe().llen(queue))
    except BROKER_AWAY:
        return None


def lacks_messages(queue: str, rows: int) -> bool:
    """Whether a queue has fewer messages than rows wait for one; never while the broker is away."""
    left = messages_waiting(queue)
    return left is not None and left < rows


def enqueue(task: str, *arguments: int | str, expires: float | None = None) -> None:
    """Send a task with ids, once the transaction is committed.

    By name, since tasks call services: services that imported tasks would close a circle.

    Args:
        task: its name in `finetune.tasks`, or its whole one.
        expires: seconds after which nobody wants it any more.
    """

    name = task if "." in task else f"finetune.tasks.{task}"

    def send() -> None:
        if not broker_answers():
            log.warning("%s waits until the broker is back", task)
            return
        try:
            current_app.send_task(name, arguments, retry=False, expires=expires)
        except (OperationalError, OSError) as error:
            log.warning("%s waits until the broker is back (%s)", task, error)

    transaction.on_commit(send)
