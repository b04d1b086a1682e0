"""Who a request comes from, where proxies stand before the site.

`X-Forwarded-For` can be written by anybody. It counts only as far as it was written by a proxy that
the operator has named in `WUKONG_TRUSTED_PROXIES` (none by default): read from the right, the first
address that is not such a proxy is the client. `X-Forwarded-Proto` counts from such a proxy too;
`WUKONG_HTTPS` says that there is TLS before the site whatever the headers say.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SCHEMES = {
    "http": {"http": "http", "websocket": "ws"},
    "https": {"http": "https", "websocket": "wss"},
}


class ClientAddress:
    """ASGI wrapper: `scope["client"]`, and with it `REMOTE_ADDR`, becomes the client's own."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        peer = scope.get("client")
        trusted = networks(settings.TRUSTED_PROXIES)
        if scope["type"] in {"http", "websocket"} and peer and is_among(peer[0], trusted):
            scope = {**scope, **forwarded(scope, peer, trusted)}
        await self.app(scope, receive, send)


def networks(texts: Iterable[str]) -> list[Network]:
    """The proxies as networks.

    Raises:
        ValueError: a text is neither an address nor a network.
    """
    return [ipaddress.ip_network(text.strip(), strict=False) for text in texts]


def forwarded(
    scope: dict[str, Any], peer: tuple[str, int], trusted: list[Network]
) -> dict[str, Any]:
    """What a trusted proxy says of the client: its address, and whether it came by TLS."""
    client = client_of(header(scope, b"x-forwarded-for"), peer[0], trusted)
    found: dict[str, Any] = {"client": (client, 0)}
    protocol = header(scope, b"x-forwarded-proto").strip().lower()
    if protocol in SCHEMES:
        found["scheme"] = SCHEMES[protocol][scope["type"]]
    return found


def header(scope: dict[str, Any], name: bytes) -> str:
    """All headers of a name, in their order, as one list."""
    values = [value.decode("latin1") for key, value in scope["headers"] if key == name]
    return ",".join(values)


def client_of(hops: str, peer: str, trusted: list[Network]) -> str:
    """The rightmost hop that no trusted proxy stands for; where a hop is no address, the last
    proxy that was one."""
    client = peer
    for text in reversed(hops.split(",")):
        address = address_of(text)
        if address is None:
            break
        client = str(address)
        if not is_among(client, trusted):
            break
    return client


def address_of(text: str) -> Address | None:
    """An address with or without a port, in any of the ways that proxies write it."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_among(text: str, trusted: list[Network]) -> bool:
    address = address_of(text)
    return address is not None and any(address in network for network in trusted)
