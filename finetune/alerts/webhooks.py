"""Sending one message to a webhook, as the Standard Webhooks specification has it.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping

import httpx
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from finetune.outside.connections import OutsideRefused, checked, client, sent
from finetune.outside.sealing import CannotOpen, opened, sealed

from .models import Delivery, Webhook
from .outcomes import Outcome

PURPOSE = b"wukong studio: secrets of webhooks"
PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification asks for 24 to 64
SECONDS = 10.0  # for everything: looking the name up, connecting, sending, the answer's first line
CONNECT_SECONDS = 4.0  # of which for one of the receiver's addresses


@sensitive_variables()
def secret_new() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@sensitive_variables()
def secret_sealed(secret: str) -> str:
    return sealed(secret, PURPOSE)


@sensitive_variables()
def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 of `id.timestamp.body`, in the specification's form."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def body_of(delivery: Delivery) -> bytes:
    """The same bytes at each try."""
    alert = delivery.alert
    message = {
        "type": delivery.kind,
        "timestamp": alert.created_at.isoformat().replace("+00:00", "Z"),
        "data": alert.facts,
    }
    return json.dumps(message, separators=(",", ":")).encode()


@sensitive_variables("secret")
def webhook_send(delivery: Delivery, hook: Webhook) -> Outcome:
    """One try."""
    try:
        secret = opened(hook.sealed_secret, PURPOSE)
    except CannotOpen:
        return Outcome("sealed", final=True)
    body, now = body_of(delivery), int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": "Wukong-Studio-Webhooks/1",
        "webhook-id": delivery.public_id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, delivery.public_id, now, body),
    }
    return asyncio.run(posted(hook.url, body, headers))


async def posted(url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Send within the time that there is. A receiver that answers drop by drop has no more."""
    try:
        async with asyncio.timeout(SECONDS):
            return await carried(httpx.URL(url), body, headers)
    except (TimeoutError, httpx.TimeoutException):
        return Outcome("timeout", f"{SECONDS:g}")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome("unreachable", str(error)[:200] or type(error).__name__)


async def carried(url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Connect to what the name leads to and nothing else; the answer's text is not read."""
    try:
        found = await checked(url, inside=settings.WEBHOOK_PRIVATE_URLS)
    except OutsideRefused as refused:
        return Outcome(refused.problem, refused.host)
    async with client(httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)) as outside:
        answer = await sent(outside, "POST", url, found, headers, body)
        await answer.aclose()
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome(status=status)
    if status == 410:
        return Outcome("gone", status=status, final=True)
    return Outcome("redirect" if 300 <= status < 400 else "status", str(status), status=status)
