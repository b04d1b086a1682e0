"""The API under /v1: OpenAI's protocol over the studio's services.

This module knows who may call (bearer keys, rate limit) and which routers there are. A session
cookie opens nothing here, so no endpoint needs a CSRF token.
"""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from chat.api.completions import router as chat_router
from finetune.api.errors import ApiError
from finetune.api.files import router as files_router
from finetune.api.jobs import router as jobs_router
from finetune.api.models import router as models_router
from finetune.models import ApiKey
from finetune.services.keys import key_check
from finetune.services.sign_in import WINDOW, token_wrong

from .api_docs import ApiDocs
from .api_errors import log, register
from .api_responses import with_refusals
from .entry import TextParser

WINDOW_SECONDS = 60


class BearerKey(HttpBearer):
    """`Authorization: Bearer sk-wk-…`; the key decides the team."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        key = key_check(token.strip())
        if key is None:
            wrong_key_check(request)
            raise ApiError(
                401,
                "The API key is wrong, or it was revoked. Make a new one in the studio under Keys.",
                code="invalid_api_key",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        rate_check(key)
        return key


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


def rate_check(key: ApiKey) -> None:
    """Count this request in the key's current minute.

    Raises:
        ApiError: 429 with Retry-After, over `settings.API_REQUESTS_PER_MINUTE`.
    """
    limit = settings.API_REQUESTS_PER_MINUTE
    now = time.time()
    name = f"api-rate:{key.pk}:{int(now // WINDOW_SECONDS)}"
    try:
        cache.add(name, 0, timeout=2 * WINDOW_SECONDS)
        count = cache.incr(name)
    except (RedisError, ValueError) as error:
        log.warning("requests are not counted", exc_info=error)
        return
    if count > limit:
        wait = int(WINDOW_SECONDS - now % WINDOW_SECONDS) + 1
        raise ApiError(
            429,
            f"More than {limit} requests in a minute with this key. Try again in {wait} s.",
            code="rate_limit_exceeded",
            headers={"Retry-After": str(wait)},
        )


class StudioApi(NinjaAPI):
    """With every refusal in its document."""

    def get_openapi_schema(self, **options: Any) -> Any:
        return with_refusals(super().get_openapi_schema(**options))


api = StudioApi(
    title="Wukong Studio API",
    version="1",
    description=(
        "OpenAI's protocol for files, fine-tuning jobs, models and chat, so that existing clients "
        "work after a change of base address and key."
    ),
    auth=BearerKey(),
    parser=TextParser(),
    docs=ApiDocs(),
    urls_namespace="api",
)
register(api)
api.add_router("/files", files_router)
api.add_router("/fine_tuning/jobs", jobs_router)
api.add_router("/models", models_router)
api.add_router("/chat/completions", chat_router)
