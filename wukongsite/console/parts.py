"""What the console says about one process or resource, and how it asks Valkey."""

from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings


@dataclass(frozen=True)
class Part:
    """One process or resource: is it well, and what there is to say about it."""

    name: str
    well: bool
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


def valkey_client(seconds: float) -> redis.Redis:
    """A client that waits no longer than this."""
    return redis.Redis.from_url(
        settings.VALKEY_URL, socket_timeout=seconds, socket_connect_timeout=seconds
    )
