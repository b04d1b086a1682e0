"""Requests to addresses that people name, which must not lead into the server's own network.

A name is looked up once, what it leads to is judged, and the connection is made to nothing else: a
name that is looked up again for the connection could lead elsewhere by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from .addresses import addresses, private


class OutsideRefused(Exception):
    """An address that is not connected to; `problem` is `unknown_host` or `private`."""

    def __init__(self, problem: str, host: str) -> None:
        super().__init__(f"{problem}: {host}")
        self.problem = problem
        self.host = host


async def checked(url: httpx.URL, *, inside: bool) -> list[str]:
    """The addresses that a URL's host leads to, in the order to try.

    Args:
        url: http or https.
        inside: whether those of the server's own network may be among them.

    Raises:
        OutsideRefused: there are none, or one of them is inside.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    host = host_of(url)
    found = await asyncio.to_thread(addresses, host, port)
    if not found:
        raise OutsideRefused("unknown_host", host)
    if not inside and any(private(address) for address in found):
        raise OutsideRefused("private", host)
    return found


def host_of(url: httpx.URL) -> str:
    """As it is written: `url.host` is in letters of the world, which Python's own older rules may
    write back as another name."""
    return url.raw_host.decode("ascii")


def client(limits: httpx.Timeout) -> httpx.AsyncClient:
    """Neither a proxy nor a password of the server's own environment has a part in this."""
    return httpx.AsyncClient(trust_env=False, timeout=limits, verify=trust())


async def sent(
    client: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    found: Sequence[str],
    headers: Mapping[str, str],
    content: bytes | None = None,
) -> httpx.Response:
    """The answer of the first address that takes the connection, its body not read yet.

    Redirects are not followed.

    Raises:
        httpx.HTTPError: no address takes it, or the line breaks.
    """
    for address in found:
        request = client.build_request(
            method,
            url.copy_with(host=address.partition("%")[0]),
            content=content,
            headers={**headers, "host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": host_of(url)},
        )
        try:
            return await client.send(request, stream=True, follow_redirects=False)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if address == found[-1]:
                raise
    raise httpx.ConnectError("no address took the connection")


def trust() -> Any:
    """The certificates of the operator (`SSL_CERT_FILE`), or the usual ones."""
    return httpx.create_ssl_context(trust_env=True)
