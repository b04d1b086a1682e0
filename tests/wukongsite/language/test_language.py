"""Which language a page is in, how a person changes it, and what stays English."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from wukongsite.http.language import InLanguage, language_of_scope

pytestmark = pytest.mark.django_db
CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}
COOKIE = "wukong_language"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9", "zh-hans"),
        ("zh", "zh-hans"),
        ("zh-TW,zh;q=0.9", "zh-hans"),  # the nearest there is
        ("de-AT,de;q=0.9", "en"),
        ("id-ID,id;q=0.9", "en"),
        ("en;q=0.3,zh-CN;q=0.8", "zh-hans"),
        ("nonsense;;q=zz", "en"),
    ],
)
def test_the_browser_is_asked_first(client: Client, asked: str, language: str) -> None:
    answer = client.get("/sign-in/", headers={"accept-language": asked})
    assert f'<html lang="{language}" dir="ltr">' in text(answer)
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


def test_a_choice_is_kept_in_a_cookie_and_holds_against_the_browser(client: Client) -> None:
    answer = client.post("/language/", {"language": "en", "next": "/sign-in/?next=/data/"})
    assert (answer.status_code, answer["location"]) == (302, "/sign-in/?next=/data/")
    cookie = client.cookies[COOKIE]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("en", "Lax", True)
    assert cookie["max-age"] == 365 * 24 * 3600
    assert 'lang="en"' in text(client.get("/sign-in/", headers=CHINESE))
    client.post("/language/", {"language": "zh-hans"})
    assert 'lang="zh-hans"' in text(client.get("/sign-in/"))


def test_it_holds_through_signing_in_and_out(client: Client, alice: Any, team: Any) -> None:
    client.post("/language/", {"language": "zh-hans"})
    client.post("/sign-in/", {"username": "alice", "password": "a-good-password-1"})
    assert 'lang="zh-hans"' in text(client.get("/"))
    client.post("/sign-out/")
    assert 'lang="zh-hans"' in text(client.get("/sign-in/"))


@pytest.mark.parametrize("language", ["xx", "", "zh-hans\n"])
def test_another_language_is_not_kept(client: Client, language: str) -> None:
    assert client.post("/language/", {"language": language}).status_code == 302
    assert COOKIE not in client.cookies


def test_the_way_back_stays_on_this_site(client: Client) -> None:
    sent = {"language": "en", "next": "https://elsewhere.example/"}
    assert client.post("/language/", sent)["location"] == "/"


def test_looking_at_the_address_changes_nothing(client: Client) -> None:
    client.get("/language/", {"language": "zh-hans"})
    assert COOKIE not in client.cookies


def test_the_switch_is_on_every_kind_of_page(
    client: Client, alice: Any, team: Any, settings: Any, base: Any
) -> None:
    settings.ANONYMOUS_CHAT = True
    outside = ["/sign-in/", "/chat/help/", "/chat/consent/", "/sign-in/no-such-link/"]
    pages = [text(client.get(path)) for path in outside]
    client.raise_request_exception = False
    client.force_login(alice)
    pages += [text(client.get(path)) for path in ("/", "/chat/", "/nothing/", "/team/")]
    for page in pages:
        assert page.count('<form class="language" method="post" action="/language/">') == 1
        assert 'name="language" value="en" lang="en" aria-current="true">English</button>' in page
        assert 'name="language" value="zh-hans" lang="zh-hans">中文</button>' in page
    assert ">English</button>" in text(client.get("/", headers=CHINESE))


def test_a_visitor_may_switch(client: Client, settings: Any, base: Any) -> None:
    settings.ANONYMOUS_CHAT = True
    settings.ANONYMOUS_ASSISTANT = base.slug
    client.post("/chat/consent/", {"adult": "yes", "agree": "yes", "answer": "yes"})
    client.post("/language/", {"language": "zh-hans", "next": "/chat/"})
    assert "结束访问" in text(client.get("/chat/"))


def test_a_page_that_sets_no_cookie_still_sets_none(client: Client) -> None:
    page = text(client.get("/chat/help/", headers=CHINESE))
    assert "可以联系的人" in page
    assert "csrfmiddlewaretoken" not in page
    assert not client.cookies


def test_the_switch_needs_no_token_and_gives_no_session(alice: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/language/", {"language": "zh-hans", "next": "/chat/help/"})
    assert answer.status_code == 302
    assert list(strict.cookies) == [COOKIE]


def test_the_api_says_the_same_to_everybody(client: Client, alice: Any, team: Any) -> None:
    from finetune.teams.keys.services import key_create

    secret = key_create(team=team, user=alice, name="laptop")[1]
    key = {"authorization": f"Bearer {secret}"}
    for path in ("/v1/models", "/v1/files", "/v1/files/none", "/v1/nothing", "/health"):
        english = client.get(path, headers=key)
        chinese = client.get(path, headers=key | CHINESE)
        client.cookies[COOKIE] = "zh-hans"
        chosen = client.get(path, headers=key)
        del client.cookies[COOKIE]
        for other in (chinese, chosen):
            assert other.content == english.content, path
            assert other.get("Content-Language") == english.get("Content-Language"), path
    body = {"model": "none", "training_file": "none", "preset": "quick"}
    sent = [
        client.post("/v1/fine_tuning/jobs", body, "application/json", headers=key | more)
        for more in ({}, CHINESE)
    ]
    assert sent[0].content == sent[1].content
    assert sent[0].status_code == 400


def test_the_console_stays_english(admin_client: Client) -> None:
    page = text(admin_client.get("/admin/", headers=CHINESE))
    assert "Site administration" in page or "Log out" in page
    assert 'lang="en' in page


def test_a_language_does_not_stay_for_the_next_request(client: Client) -> None:
    client.get("/sign-in/", headers=CHINESE)
    assert 'lang="en"' in text(client.get("/sign-in/"))
    assert b"\xe4" not in client.get("/v1/nothing").content


def test_an_error_page_is_in_the_language_too(client: Client) -> None:
    assert "这里什么也没有" in text(client.get("/nothing/", headers=CHINESE))
    assert "无法读取这个请求" in text(client.get("/sign-in/?next=%00", headers=CHINESE))


def test_the_scripts_words_are_a_script_of_their_own(client: Client) -> None:
    page = text(Client().get("/sign-in/", headers=CHINESE))
    assert '<script defer src="/language/zh-hans/words.js"></script>' in page
    chinese = client.get("/language/zh-hans/words.js")
    assert chinese["Content-Type"].startswith("text/javascript")
    assert "max-age=3600" in chinese["Cache-Control"]
    assert '"Copied."' in text(chinese)
    assert '"Copied."' not in text(client.get("/language/en/words.js", headers=CHINESE))
    assert not client.cookies
    assert client.get("/language/xx/words.js").status_code == 404


def scope(**headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "websocket", "path": "/ws/chat/x/", "query_string": b"", "headers": raw}


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept_language": "zh-CN"}, "zh-hans"),
        ({"accept_language": "zh-CN", "cookie": f"{COOKIE}=en"}, "en"),
        ({"cookie": f"sessionid=x; {COOKIE}=zh-hans"}, "zh-hans"),
        ({"cookie": f"{COOKIE}=xx"}, "en"),
    ],
)
async def test_a_socket_speaks_the_language_of_its_page(
    headers: dict[str, str], language: str
) -> None:
    heard = []

    async def application(*_: Any) -> None:
        heard.append(translation.get_language())

    await InLanguage(application)(scope(**headers), None, None)
    assert heard == [language] == [language_of_scope(scope(**headers))]
