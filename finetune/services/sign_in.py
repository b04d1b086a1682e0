"""Slowing down people who guess passwords. Counts live in the cache and lapse by themselves."""

from __future__ import annotations

import hashlib
import logging
import math
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
WINDOW = 15 * 60  # seconds
PER_PERSON = 5  # tries of one name from one address
PER_NAME = 40  # tries of one name from anywhere
PER_ADDRESS = 60  # tries of any name from one address


@dataclass(frozen=True)
class Attempt:
    """One try to sign in, counted before the password is looked at.

    Counting first means that many tries at once cannot slip past the limit together.
    """

    allowed: bool
    keys: tuple[str, ...]

    @property
    def minutes(self) -> int:
        return math.ceil(WINDOW / 60)


def attempt_count(*, username: str, address: str) -> Attempt:
    """Count a try and say whether it may go on."""
    name = username.strip().casefold()
    limits = {
        cache_key("person", name, address): PER_PERSON,
        cache_key("name", name): PER_NAME,
        cache_key("address", address): PER_ADDRESS,
    }
    counts = {key: increment(key) for key in limits}
    allowed = all(counts[key] <= limit for key, limit in limits.items())
    return Attempt(allowed, tuple(limits))


def attempt_succeeded(attempt: Attempt) -> None:
    """Forget the failures of a person who has signed in."""
    try:
        cache.delete_many(attempt.keys[:2])
    except RedisError as error:
        log.warning("tries to sign in are not counted: %s", error)


def increment(key: str) -> int:
    """Count one more. While the cache is away people can still sign in, uncounted."""
    try:
        cache.add(key, 0, WINDOW)
        return int(cache.incr(key))
    except ValueError:  # it lapsed between the two calls
        cache.set(key, 1, WINDOW)
        return 1
    except RedisError as error:
        log.warning("tries to sign in are not counted: %s", error)
        return 0


def cache_key(kind: str, *parts: str) -> str:
    mark = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return f"sign-in:{kind}:{mark}"
