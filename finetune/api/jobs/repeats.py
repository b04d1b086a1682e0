"""The same job asked for twice within moments is one job: the official client repeats a POST whose
answer was lost, and sends no idempotency key."""

import hashlib
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from finetune.api.errors import ApiError
from finetune.runs.models import Run
from finetune.teams.models import ApiKey

log = logging.getLogger("wukongsite.api")

PENDING = "pending"
WAIT_SECONDS = 10.0
OVER = (Run.State.CANCELLED, Run.State.FAILED)


def once(
    key: ApiKey,
    body: str,
    idempotency_key: str,
    make: Callable[[], str],
    *,
    meant: Callable[[str], bool] | None = None,
) -> tuple[str, bool]:
    """Run `make`, unless the same key asked the same a moment ago: then what it made.

    A job that was cancelled or has failed meanwhile is not what a new request means, so the next
    one is made; a client that sends an idempotency key has said that it is the same request.

    Args:
        meant: whether the thing of a public id is what the same request would mean now; by default
            for jobs.
    """
    meant = meant or still_meant
    window = settings.API_REPEAT_SECONDS
    if window < 1:
        return make(), False
    mark = idempotency_key + body
    name = entry_of(key, mark)
    try:
        while not cache.add(name, PENDING, timeout=window):
            made = made_before(name)
            if made and (idempotency_key or meant(made)):
                return made, True
            if made:  # its place is taken by the next one, which repeats may find again
                mark += made
                name = entry_of(key, mark)
    except RedisError as error:
        log.warning("repeated jobs are not noticed: %s", error)
        return make(), False
    try:
        made = make()
    except BaseException:
        remember(name, None, window)
        raise
    remember(name, made, window)
    return made, False


def entry_of(key: ApiKey, mark: str) -> str:
    return f"api-job:{key.pk}:{hashlib.sha256(mark.encode()).hexdigest()}"


def still_meant(public_id: str) -> bool:
    """Whether a job goes on or has succeeded, and nobody has asked for its end."""
    rows = Run.objects.filter(public_id=public_id).exclude(state__in=OVER)
    return rows.exclude(request=Run.Request.CANCEL).exists()


def remember(name: str, made: str | None, window: int) -> None:
    """Keep what a request made, or forget the request; a job that exists is not lost over it."""
    try:
        if made is None:
            cache.delete(name)
        else:
            cache.set(name, made, timeout=window)
    except RedisError as error:
        log.warning("a repeated job would not be noticed: %s", error)


def made_before(name: str) -> str | None:
    """The job that an earlier, equal request made; waits for one that is still at it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        value = cache.get(name)
        if value != PENDING:
            return value or None
        time.sleep(0.05)
    raise ApiError(
        409,
        "The same request is still being worked on. Try again in a moment.",
        code="in_progress",
        headers={"x-should-retry": "true", "Retry-After": "2"},
    )
