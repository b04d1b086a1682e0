"""Who may call the API: bearer keys, what each may do, and how many requests it may send.

A session cookie opens nothing here, so no endpoint needs a CSRF token.
"""

import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from finetune.api.errors import ApiError
from finetune.teams.accounts.sign_in import WINDOW, token_wrong
from finetune.teams.keys.services import KeyExpired, key_check
from finetune.teams.models import ApiKey

from .scopes import scope_check

log = logging.getLogger("wukongsite.api")
WINDOW_SECONDS = 60


class BearerKey(HttpBearer):
    """`Authorization: Bearer sk-wk-…`; the key decides the team."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = key_of_token(request, token)
        scope_check(request, key)
        return key


def key_of_token(request: HttpRequest, token: str) -> ApiKey:
    """The key that a request shows, counted as one of its requests; its scopes are not looked at.

    Raises:
        ApiError: 401 for a wrong or expired key, 429 for too many requests.
    """
    try:
        key = key_check(token.strip())
    except KeyExpired as error:
        words = f"{error.message} Make a new one in the studio under Keys."
        raise refused(words, error.code) from error
    if key is None:
        wrong_key_check(request)
        words = "The API key is wrong, or it was revoked. Make a new one in the studio under "
        raise refused(f"{words}Keys.", "invalid_api_key")
    rate_check(request, key)
    return key


def refused(words: str, code: str) -> ApiError:
    return ApiError(
        401, words, code=code, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
    )


def wrong_key_check(request: HttpRequest) -> None:
    """Slow down who tries keys.

    Raises:
        ApiError: 429 with Retry-After, after too many wrong keys from one address.
    """
    if token_wrong(address=request.META.get("REMOTE_ADDR", "")):
        raise ApiError(
            429,
            f"Too many wrong API keys from this address. Try again in {WINDOW // 60} minutes.",
            code="rate_limit_exceeded",
            headers={"Retry-After": str(WINDOW)},
        )


def rate_check(request: HttpRequest, key: ApiKey) -> None:
    """Count this request in the key's current minute; the answer's headers say how many are left.

    Raises:
        ApiError: 429 with Retry-After, over `settings.API_REQUESTS_PER_MINUTE`, or over the
            key's own limit, where that is lower.
    """
    limit = settings.API_REQUESTS_PER_MINUTE
    if key.requests_per_minute is not None:
        limit = min(limit, key.requests_per_minute)
    now = time.time()
    name = f"api-rate:{key.pk}:{int(now // WINDOW_SECONDS)}"
    try:
        cache.add(name, 0, timeout=2 * WINDOW_SECONDS)
        count = cache.incr(name)
    except (RedisError, ValueError) as error:
        log.warning("requests are not counted", exc_info=error)
        return
    wait = int(WINDOW_SECONDS - now % WINDOW_SECONDS) + 1
    request.rate = {  # type: ignore[attr-defined]
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(max(limit - count, 0)),
        "x-ratelimit-reset-requests": f"{wait}s",
    }
    if count > limit:
        raise ApiError(
            429,
            f"More than {limit} requests in a minute with this key. Try again in {wait} s.",
            code="rate_limit_exceeded",
            headers={"Retry-After": str(wait)},
        )
