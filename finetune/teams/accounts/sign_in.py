"""Slowing down people who guess passwords or tokens. Counts live in the cache and lapse by
themselves. Passwords come here through `finetune.teams.doors`, links and API keys through `token_wrong`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
WINDOW = 15 * 60  # seconds
PER_PERSON = 5  # tries of one name from one address
PER_NAME = 40  # tries of one name from anywhere
PER_ADDRESS = 60  # failed tries of any name from one address
WRONG_TOKENS = 60  # links and API keys that do not exist, from one address
IPV6_PREFIX = 64  # one household or host has a whole network of this size


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
    address = network_of(address)
    limits = {
        cache_key("person", name, address): PER_PERSON,
        cache_key("name", name): PER_NAME,
        cache_key("address", address): PER_ADDRESS,
    }
    counts = {key: increment(key) for key in limits}
    allowed = all(counts[key] <= limit for key, limit in limits.items())
    return Attempt(allowed, tuple(limits))


def attempt_succeeded(attempt: Attempt) -> None:
    """Forget the failures of a person who has signed in; the address keeps those of other names."""
    *own, address = attempt.keys
    try:
        cache.delete_many(own)
        cache.decr(address)
    except ValueError:  # it lapsed meanwhile
        return
    except RedisError as error:
        log.warning("tries to sign in are not counted", exc_info=error)


def token_wrong(*, address: str) -> bool:
    """Count a link or key that does not exist; True once there were too many from this address.

    A right one is let in even then: it has 256 random bits, so nobody comes to it by guessing, and
    a broken script must not shut out its neighbours.
    """
    return increment(cache_key("token", network_of(address))) > WRONG_TOKENS


def network_of(address: str) -> str:
    """What is counted as one address: for IPv6 the network that one customer gets."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)


def increment(key: str) -> int:
    """Count one more. While the cache is away people can still sign in, uncounted."""
    try:
        cache.add(key, 0, WINDOW)
        return int(cache.incr(key))
    except ValueError:  # it lapsed between the two calls
        cache.set(key, 1, WINDOW)
        return 1
    except RedisError as error:
        log.warning("tries to sign in are not counted", exc_info=error)
        return 0


def cache_key(kind: str, *parts: str) -> str:
    mark = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return f"sign-in:{kind}:{mark}"
