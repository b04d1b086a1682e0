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
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from finetune.outside.addresses import addresses, private
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
    """Look the name up once, judge what it leads to, and connect to nothing else.

    A name that is looked up again for the connection could lead elsewhere by then.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    # As it is written: `url.host` is in letters of the world, which Python's own older rules may
    # write back as another name.
    host = url.raw_host.decode("ascii")
    found = await asyncio.to_thread(addresses, host, port)
    if not found:
        return Outcome("unknown_host", host)
    if not settings.WEBHOOK_PRIVATE_URLS and any(private(address) for address in found):
        return Outcome("private", host)
    status = await answered(url, found, body, {**headers, "host": url.netloc.decode("ascii")})
    if 200 <= status < 300:
        return Outcome(status=status)
    if status == 410:
        return Outcome("gone", status=status, final=True)
    return Outcome("redirect" if 300 <= status < 400 else "status", str(status), status=status)


async def answered(
    url: httpx.URL, found: Sequence[str], body: bytes, headers: Mapping[str, Any]
) -> int:
    """The status of the first address that takes the connection; the answer's text is not read."""
    limits = httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)
    # Neither a proxy nor a password of the server's own environment has a part in this.
    async with httpx.AsyncClient(trust_env=False, timeout=limits, verify=trust()) as client:
        for address in found:
            request = client.build_request(
                "POST",
                url.copy_with(host=address.partition("%")[0]),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                answer = await client.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if address == found[-1]:
                    raise
                continue
            await answer.aclose()
            return answer.status_code
    raise httpx.ConnectError("no address took the connection")


def trust() -> Any:
    """The certificates of the operator (`SSL_CERT_FILE`), or the usual ones."""
    return httpx.create_ssl_context(trust_env=True)
