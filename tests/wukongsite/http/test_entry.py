"""What is no text is refused at the door, in the shape that the client speaks."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.urls import reverse

from finetune.api.errors import BODY_TOO_LARGE

PAGE, JSON = {"Accept": "text/html"}, {"Accept": "application/json"}
MANY = "&".join(f"a{number}=1" for number in range(1001))
PLAIN = "application/x-www-form-urlencoded"


@pytest.fixture
def browser(client: Client, alice: Any, team: Any) -> Client:
    client.force_login(alice)
    client.raise_request_exception = False
    return client


def told(answer: Any, status: int, words: str) -> None:
    """A page or the API's error object, with these words and no trace."""
    assert answer.status_code == status, answer.content[:2000]
    text = answer.content.decode()
    assert "Traceback" not in text
    assert answer["x-request-id"]
    if answer["Content-Type"].startswith("application/json"):
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert words in error["message"]
    else:
        assert "<h1>That " in text
        assert re.sub("&#x27;", "'", text).find(words) > 0


@pytest.mark.parametrize("headers", [PAGE, JSON])
def test_queries(browser: Client, headers: dict[str, str]) -> None:
    for path in ("/runs/", "/chat/", "/sign-in/", "/circuits/", "/admin/"):
        told(browser.get(f"{path}?state=a%00b", headers=headers), 400, "state: contains a null")
        told(browser.get(f"{path}?%00=1", headers=headers), 400, "The name of a field")
        told(browser.get(f"{path}?{MANY}", headers=headers), 400, "more than 1000 fields")
    assert browser.get("/runs/?state=%ED%A0%80&page=%C2%B2", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/%00", "/runs/%00/", "/data/a%00b/", "/chat/%00/", "/v1/files/%00"]
)
def test_addresses(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404


@pytest.mark.parametrize("headers", [PAGE, JSON])
def test_forms(browser: Client, headers: dict[str, str]) -> None:
    def post(data: Any, kind: str = PLAIN) -> Any:
        return browser.post("/team/switch/", data, content_type=kind, headers=headers)

    told(post("team=%00"), 422, "team: contains a null character")
    told(post(MANY), 400, "more than 1000 fields")
    told(post("x=" + "y" * 3_000_000), 413, "larger than the limit of 2 MB")
    told(post(b"x", "multipart/form-data"), 400, "multipart body cannot be read")
    files = b"".join(
        b'--e\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
        for _ in range(101)
    )
    told(post(files + b"--e--\r\n", "multipart/form-data; boundary=e"), 400, "100 files")
    fields = b"".join(
        b'--e\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n' for _ in range(1001)
    )
    told(post(fields + b"--e--\r\n", "multipart/form-data; boundary=e"), 400, "1000 fields")
    for charset in ("utf-7", "latin-1", "utf-16", "idna"):
        told(post("team=x", f"{PLAIN}; charset={charset}"), 400, f"charset: '{charset}'")
    assert post("team=x", f"{PLAIN}; charset=UTF8").status_code == 404


def test_addresses_to_go_on_to(client: Client, alice: Any) -> None:
    client.raise_request_exception = False
    person = {"username": "alice", "password": "a-good-password-1"}
    for bad in ("abc", "a.b", "?x=1", "#top", "runs/"):
        told(client.post(reverse("sign-in"), {**person, "next": bad}), 400, "begin with a slash")
        told(client.get(reverse("sign-in"), {"next": bad}), 400, "begin with a slash")
    for elsewhere in ("https://x.example/", "//x.example/", "javascript:alert(1)", "\\x"):
        assert client.get(reverse("sign-in"), {"next": elsewhere}).status_code in {200, 400}
    answer = client.post(reverse("sign-in"), {**person, "next": "https://x.example/"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    country = {"country": "DE"}
    told(client.post(reverse("chat-country"), {**country, "next": "abc"}), 400, "begin with")
    answer = client.post(reverse("chat-country"), {**country, "next": "/runs/?page=2"})
    assert answer["Location"] == "/runs/?page=2"


def test_turns_are_numbers(browser: Client, team: Any, alice: Any, base: Any) -> None:
    from chat.conversations import services
    from finetune.runs.assistants import assistant_of_base

    talk, _ = services.conversation_start(
        team=team, user=alice, assistants=[assistant_of_base(base)], text="Hello"
    )
    url = reverse("conversation-vote", args=[talk.public_id])
    for bad in ("²", "١", "+1", "-1", "1e0", "", "abc", "9" * 5000):
        told(browser.post(url, {"turn": bad, "choice": "a"}), 400, "turn: must be a whole number")
    for huge in ("9" * 18, "0"):
        assert browser.post(url, {"turn": huge, "choice": "a"}).status_code == 302


@pytest.mark.sqlite  # PostgreSQL takes no such text
def test_a_row_with_half_a_surrogate_has_a_page(browser: Client, run_made: Any) -> None:
    """They were taken in once: the row was kept, and its page failed for ever."""
    from finetune.runs.models import Run

    half = "calm \ud800."
    Run.objects.filter(pk=run_made.pk).update(
        config=run_made.config | {"system_prompt": half, "sample_prompts": [half]},
        metadata={"topic": half},
    )
    run = Run.objects.get(pk=run_made.pk)
    assert run.config["sample_prompts"] == ["calm \ufffd."]
    for name in ("run", "run-code", "run-log"):
        page = browser.get(reverse(name, args=[run.public_id]))
        assert page.status_code == 200
    assert "calm \ufffd." in browser.get(reverse("run", args=[run.public_id])).content.decode()
    assert browser.get(f"{reverse('run-new')}?from={run.public_id}").status_code == 200


@pytest.mark.parametrize(
    ("query", "code"), [(b"a=\xff", "bad_request"), (MANY.encode(), "too_many_fields")]
)
@pytest.mark.parametrize(
    ("path", "accept"),
    [("/runs/", b"text/html"), ("/runs/", b"application/json"), ("/v1/files", b"text/html")],
)
def test_a_query_that_django_reads_before_it_can_answer(
    query: bytes, code: str, path: str, accept: bytes
) -> None:
    """With a charset in the header, Django reads the query while it makes the request."""
    from wukongsite.asgi import application

    async def ask() -> tuple[Any, Any]:
        page = ApplicationCommunicator(
            application,
            {
                "type": "http",
                "method": "GET",
                "path": path,
                "query_string": query,
                "headers": [
                    (b"host", b"localhost"),
                    (b"accept", accept),
                    (b"content-type", b"application/json; charset=utf-8"),
                ],
            },
        )
        await page.send_input({"type": "http.request", "body": b""})
        return await page.receive_output(10), await page.receive_output(10)

    start, body = asyncio.run(ask())
    assert start["status"] == 400
    assert dict(start["headers"])[b"x-request-id"]
    text = body["body"].decode()
    is_page = accept == b"text/html" and path == "/runs/"
    assert ("<h1>That request could not be read" in text) == is_page
    assert (code in text) != is_page


def test_a_body_that_is_too_large_has_one_code_everywhere(settings: Any) -> None:
    from django.core.exceptions import RequestDataTooBig

    from finetune.api.errors import api_error_of
    from finetune.exceptions import UploadRefused
    from wukongsite.asgi import application
    from wukongsite.http.errors import refusal_of

    async def announced() -> tuple[Any, Any]:
        length = str(settings.REQUEST_MAX_BYTES + 1).encode()
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/files",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-length", length)],
        }
        page = ApplicationCommunicator(application, scope)
        await page.send_input({"type": "http.request", "body": b""})
        return await page.receive_output(10), await page.receive_output(10)

    start, body = asyncio.run(announced())
    assert start["status"] == 413
    error = json.loads(body["body"])["error"]
    assert set(error) == {"message", "type", "param", "code"}
    upload = api_error_of(UploadRefused("It is too large.", code=BODY_TOO_LARGE, field="file"))
    form = refusal_of(RequestDataTooBig())
    assert upload.status == form.status == 413
    assert error["code"] == upload.code == form.code == BODY_TOO_LARGE
