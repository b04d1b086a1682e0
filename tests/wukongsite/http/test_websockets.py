"""The doors of the websockets: pages of this very site only, and clean answers to the rest."""

import logging

import pytest
from asgiref.testing import ApplicationCommunicator

from wukongsite.asgi import application
from wukongsite.http.websockets import origin_allowed


def scope_of(host="studio.example", origin=None, path="/ws/none/", **extra):
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    return {
        "type": "websocket", "path": path, "query_string": b"", "headers": headers,
        "scheme": "ws", **extra,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["studio.example", "127.0.0.1", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://front.example:8443", "https://*.trusted.example"]
    settings.SITE_URL = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("studio.example", "http://studio.example", True),
        ("studio.example:8000", "http://studio.example:8000", True),
        ("STUDIO.example:8000", "http://studio.example:8000", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("studio.example", "http://127.0.0.1:8000", True),  # the site's own address
        ("studio.example", "https://front.example:8443", True),
        ("studio.example", "https://a.b.trusted.example", True),
        # another port, scheme or host
        ("studio.example:8000", "http://studio.example:9000", False),
        ("studio.example:8000", "http://studio.example", False),
        ("studio.example", "http://studio.example:8000", False),
        ("studio.example", "https://studio.example", False),
        ("studio.example", "http://127.0.0.1:9999", False),
        ("studio.example", "https://front.example", False),
        ("studio.example", "http://a.trusted.example", False),
        ("studio.example", "https://trusted.example.evil.example", False),
        ("studio.example", "http://evil.example", False),
        ("studio.example", "null", False),
        ("studio.example", "", False),
        ("studio.example", "http://studio.ex\xe4mple", False),
        # a name that somebody points at this machine
        ("evil.example", "http://evil.example", False),
        ("evil.example:8000", "http://evil.example:8000", False),
        # no browser
        ("studio.example", None, False),
    ],
)
def test_only_this_sites_own_pages_may_open_one(host, origin, allowed):
    assert origin_allowed(scope_of(host, origin)) is allowed


def test_two_origins_are_none():
    scope = scope_of(origin="http://studio.example")
    scope["headers"].append((b"origin", b"http://studio.example"))
    assert not origin_allowed(scope)


@pytest.mark.parametrize("proto", ["https", "wss"])
def test_behind_a_proxy_that_ends_tls(settings, proto):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    scope = scope_of(origin="https://studio.example")
    assert not origin_allowed(scope)
    scope["headers"].append((b"x-forwarded-proto", proto.encode()))
    assert origin_allowed(scope)


def test_over_tls():
    assert origin_allowed(scope_of(origin="https://studio.example", scheme="wss"))
    assert not origin_allowed(scope_of(origin="http://studio.example", scheme="wss"))


async def answers(scope):
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    found = [await socket.receive_output(5)]
    while found[-1]["type"] == "websocket.http.response.start":
        found.append(await socket.receive_output(5))
    await socket.wait(5)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/ws/none/", "/", "/ws/runs/", "/ws/runs/a/b/", "/ws/chat/a b/", "/ws/runs/\0/"]
)
async def test_an_unknown_address_is_answered_without_a_traceback(path, caplog):
    scope = scope_of(origin="http://studio.example", path=path)
    with caplog.at_level(logging.ERROR):
        assert await answers(scope) == [{"type": "websocket.close", "code": 4404}]
        start, body = await answers({**scope, "extensions": {"websocket.http.response": {}}})
    assert start["status"] == 404
    assert b"no such websocket" in body["body"]
    assert not caplog.records


async def test_another_sites_page_is_refused_before_anything_is_read():
    scope = scope_of(origin="http://studio.example:9000", path="/ws/runs/x/")
    assert await answers(scope) == [{"type": "websocket.close", "code": 4403}]
    start, _ = await answers({**scope, "extensions": {"websocket.http.response": {}}})
    assert start["status"] == 403


async def test_a_server_that_asks_for_the_lifespan_is_told():
    server = ApplicationCommunicator(application, {"type": "lifespan", "asgi": {}})
    for name in ("startup", "shutdown"):
        await server.send_input({"type": f"lifespan.{name}"})
        assert (await server.receive_output(5))["type"] == f"lifespan.{name}.complete"
    await server.wait(5)
