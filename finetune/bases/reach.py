"""Whether the model hub answers: asked in the background, so that no page waits for a network."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import asdict, dataclass

import httpx
from django.conf import settings
from django.core.cache import cache
from redis import RedisError

from finetune.queue import enqueue

log = logging.getLogger(__name__)
KEY, ASKED = "bases.hub", "bases.hub.asked"
FRESH_SECONDS, KEPT_SECONDS, ANSWER_SECONDS = 60, 3600, 5
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True)
class Reach:
    """What is known of the hub: `reachable` is None until somebody has looked."""

    reachable: bool | None = None
    problem: str = ""
    at: float = 0.0

    @property
    def age(self) -> float:
        return time.time() - self.at


def hub_reach() -> Reach:
    """What was seen last; looks again in the background where that is older than a minute."""
    try:
        known = Reach(**(cache.get(KEY) or {}))
        if known.age > FRESH_SECONDS and cache.add(ASKED, 1, ANSWER_SECONDS * 3):
            enqueue("hub_look", expires=FRESH_SECONDS)
    except RedisError as error:
        log.warning("whether the hub answers is not known: %s", error)
        return Reach()
    return known


def hub_look() -> None:
    """Ask the hub for the shortest list it has."""
    cache.set(KEY, asdict(look()), KEPT_SECONDS)
    cache.delete(ASKED)


def look() -> Reach:
    now = time.time()
    if any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in OFFLINE):
        return Reach(False, "HF_HUB_OFFLINE", now)
    try:
        answer = httpx.get(
            f"{settings.HUB_URL}/api/models",
            params={"limit": 1},
            timeout=ANSWER_SECONDS,
            follow_redirects=True,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reach(False, str(error) or type(error).__name__, now)
    return Reach(answer.status_code < 500, f"HTTP {answer.status_code}", now)
