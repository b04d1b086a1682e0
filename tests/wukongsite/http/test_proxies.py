"""`X-Forwarded-For` counts only from proxies that the operator named."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
import uvicorn
from asgiref.testing import ApplicationCommunicator

from finetune.teams.accounts import sign_in as limits
from wukongsite.asgi import application
from wukongsite.http.proxies import ClientAddress, networks


async def seen(peer: str, *forwarded: str, kind: str = "http", **headers: str) -> dict[str, Any]:
    """The scope that the site sees for a request of `peer` with these X-Forwarded-For headers."""
    scopes = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    lines = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "client": (peer, 1234), "scheme": "http", "headers": lines}
    await ClientAddress(inner)(scope, None, None)
    return scopes[0]


async def test_nobody_is_believed_by_default(settings):
    assert settings.TRUSTED_PROXIES == []
    assert (await seen("127.0.0.1", "6.6.6.6"))["client"] == ("127.0.0.1", 1234)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["5.5.5.5"], "5.5.5.5"),
        # What the client itself wrote stands left of what the proxy saw.
        ("10.0.0.1", ["6.6.6.6, 5.5.5.5"], "5.5.5.5"),
        ("10.0.0.1", ["6.6.6.6", "5.5.5.5"], "5.5.5.5"),
        # A chain of named proxies; a named one that the client made up changes nothing.
        ("10.0.0.1", ["6.6.6.6, 5.5.5.5, 10.0.0.2"], "5.5.5.5"),
        ("10.0.0.1", ["10.0.0.9, 5.5.5.5"], "5.5.5.5"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        # Ports, brackets and IPv4 in IPv6.
        ("10.0.0.1", ["5.5.5.5:8080"], "5.5.5.5"),
        ("10.0.0.1", ['"[2001:db8::5]:8080"'], "2001:db8::5"),
        ("10.0.0.1", ["::ffff:5.5.5.5"], "5.5.5.5"),
        ("::ffff:10.0.0.1", ["5.5.5.5"], "5.5.5.5"),
        # No address: as far as the proxies are known.
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["5.5.5.5, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        # Not a named proxy.
        ("9.9.9.9", ["5.5.5.5"], "9.9.9.9"),
        ("127.0.0.1", ["5.5.5.5"], "127.0.0.1"),
    ],
)
async def test_the_rightmost_hop_that_no_named_proxy_stands_for(settings, peer, forwarded, client):
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    assert (await seen(peer, *forwarded))["client"][0] == client


async def test_the_scheme_comes_from_a_named_proxy_only(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    assert (await seen("10.0.0.1", x_forwarded_proto="https"))["scheme"] == "https"
    socket = await seen("10.0.0.1", kind="websocket", x_forwarded_proto="https")
    assert socket["scheme"] == "wss"
    assert (await seen("10.0.0.1", x_forwarded_proto="gopher"))["scheme"] == "http"
    assert (await seen("9.9.9.9", x_forwarded_proto="https"))["scheme"] == "http"


def test_a_proxy_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match="proxy"):
        networks(["proxy.example"])


def test_uvicorn_does_not_believe_its_neighbours_either(monkeypatch):
    servers: list[uvicorn.Server] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda server: servers.append(server))
    runpy.run_module("wukongsite.processes.web", run_name="__main__")
    assert servers[0].config.proxy_headers is False


async def ask(peer: str, forwarded: str) -> int:
    """A request with a wrong API key through the whole site."""
    headers = [
        (b"host", b"localhost"),
        (b"authorization", b"Bearer sk-wk-guess"),
        (b"x-forwarded-for", forwarded.encode()),
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/models",
        "query_string": b"",
        "client": (peer, 1234),
        "headers": headers,
    }
    request = ApplicationCommunicator(application, scope)
    await request.send_input({"type": "http.request", "body": b""})
    answer = await request.receive_output(timeout=20)
    while (await request.receive_output(timeout=20)).get("more_body"):
        pass
    return int(answer["status"])


@pytest.mark.django_db(transaction=True)
async def test_a_made_up_header_gives_no_new_tries(monkeypatch, settings):
    monkeypatch.setattr(limits, "WRONG_TOKENS", 2)
    assert [await ask("127.0.0.1", f"6.6.6.{last}") for last in range(4)] == [401, 401, 429, 429]
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    # Behind a named proxy each client has its own count, and cannot leave it by writing more.
    codes = [await ask("127.0.0.1", f"6.6.6.{last}, 5.5.5.5") for last in range(4)]
    assert codes == [401, 401, 429, 429]
    assert await ask("127.0.0.1", "4.4.4.4") == 401
