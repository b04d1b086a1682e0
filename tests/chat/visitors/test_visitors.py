"""Who has no account talks in a session of their own, and finds nothing else of the site."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from chat.consent.models import Consent
from chat.consent.texts import CURRENT
from chat.conversations import services
from chat.conversations.models import ChatPreference, Conversation, Message
from chat.privacy.deletion import chats_sweep
from chat.visitors.models import Visitor
from finetune.runs.models import Run
from finetune.teams.models import Membership, User
from tests.test_permissions import (  # noqa: F401 (fixture)
    ALL,
    PUBLIC,
    by_part,
    filled,
    things,
    with_object,
)
from wukongsite.asgi import application

pytestmark = pytest.mark.django_db
YES = {"adult": "yes", "agree": "yes", "answer": "yes"}


@pytest.fixture
def allowed(settings: Any, base: Any) -> Any:
    settings.ANONYMOUS_CHAT = True
    settings.ANONYMOUS_ASSISTANT = base.slug
    return settings


@pytest.fixture
def _unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies are opened and not written, so that a test's transaction stays its own."""

    async def begun(replies: Any, *, wait: float = 0) -> None:
        assert replies

    monkeypatch.setattr("chat.conversations.views.replies_begin", begun)


@pytest.fixture
def visitor(allowed: Any, client: Client, _unwritten: None) -> Client:
    """A browser whose person has agreed."""
    assert client.post("/chat/consent/", YES)["location"] == "/chat/"
    return client


def talk_of(client: Client, text: str = "Nobody knows that I am here.") -> Any:
    headers = {"x-requested-with": "fetch"}
    answer = client.post("/chat/new/", {"text": text}, headers=headers)
    assert answer.status_code == 200, answer.content
    return Conversation.objects.get(public_id=answer.json()["location"].split("/")[2])


def test_off_by_default(client: Client, base: Any) -> None:
    for path in ("/chat/", "/chat/consent/"):
        assert client.get(path)["location"].startswith("/sign-in/")
    client.post("/chat/consent/", YES)
    assert not User.objects.exists()


def test_nothing_is_kept_of_who_only_looks(allowed: Any, client: Client) -> None:
    answer = client.get("/chat/", follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [("/chat/consent/", 302)]
    assert "at most one day" in page
    assert client.post("/chat/consent/", {"answer": "no"})["location"] == "/chat/help/"
    assert not User.objects.exists()
    assert not Session.objects.exists()


def test_agreeing_makes_a_visitor(visitor: Client) -> None:
    user = User.objects.get()
    assert not user.has_usable_password()
    assert Visitor.objects.get().user == user
    assert Consent.objects.get().version == f"{CURRENT}+visitor"
    assert visitor.cookies["sessionid"]["max-age"] == ""
    page = visitor.get("/chat/").content.decode()
    assert "as a visitor" in page
    assert "This is an AI, not a person." in page
    for words in ("/data/", "/runs/", "/team/", "/keys/", "/quantum/", user.username):
        assert words not in page


@pytest.mark.django_db(transaction=True)
async def test_a_talk_is_written_and_read(allowed: Any, engine: Any) -> None:
    from django.test import AsyncClient

    client = AsyncClient()
    await client.post("/chat/consent/", YES)
    answer = await client.post("/chat/new/", {"text": "Nobody knows that I am here."})
    assert answer.status_code == 302
    page = (await client.get(answer["location"].split("#")[0])).content.decode()
    assert "Nobody knows that I am here." in page
    assert "I hear you. That sounds hard." in page
    assert "Go on with" not in page  # nothing of a team to choose from


@pytest.mark.usefixtures("_unwritten")
def test_the_operator_may_offer_a_runs_assistant(
    allowed: Any, client: Client, tuned: Any, team: Any
) -> None:
    allowed.ANONYMOUS_ASSISTANT = tuned.id
    client.post("/chat/consent/", YES)
    talk = talk_of(client)
    assert (talk.team, talk.assistant_a, talk.anonymous) == (team, tuned.id, True)
    page = client.get(f"/chat/{talk.public_id}/").content.decode()
    assert team.name not in page
    assert client.post(f"/chat/{talk.public_id}/assistant/", {"assistant": "x"}).status_code == 302
    Run.objects.update(state=Run.State.CANCELLED)
    fresh = Client().get("/chat/")
    assert fresh["location"].startswith("/sign-in/")  # offered no more
    answer = client.post("/chat/new/", {"text": "Hello?"})
    assert answer.status_code == 422
    assert "Nobody to talk to right now" in answer.content.decode()


@by_part(
    route
    for route in ALL
    if route not in PUBLIC and not route.startswith(("chat/", "admin/", "static", "v1/"))
)
def test_a_visitor_finds_nothing_of_the_site(
    visitor: Client,
    things: Any,  # noqa: F811
    part: list[str],
) -> None:
    visitor.raise_request_exception = False
    for route in part:
        path = filled(route, things) if with_object(route) else f"/{route}"
        for method in ("get", "post"):
            answer = getattr(visitor, method)(path)
            if path in {"/", "/health"}:
                assert answer.status_code in {200, 302, 405}
            else:
                assert answer.status_code == 404, path


def test_a_visitor_finds_nothing_of_other_peoples_chats(
    visitor: Client,
    things: Any,  # noqa: F811
    talk: Any,
) -> None:
    visitor.raise_request_exception = False
    for route in ALL:
        if route.startswith("chat/") and with_object(route) and route not in PUBLIC:
            path = filled(route, things)
            codes = {visitor.get(path).status_code, visitor.post(path).status_code}
            assert codes <= {404, 405}, path
            assert 404 in codes, path
    for path in ("/chat/", "/chat/notes/", "/chat/yours/"):
        assert talk.title not in visitor.get(path).content.decode()
    assert visitor.get("/admin/").status_code == 404
    assert visitor.get("/chat/assistants/").status_code == 404


def test_visitors_do_not_see_each_other(visitor: Client, allowed: Any) -> None:
    talk = talk_of(visitor)
    other = Client()
    other.post("/chat/consent/", YES)
    assert other.get(f"/chat/{talk.public_id}/").status_code == 404
    assert other.post(f"/chat/{talk.public_id}/send/", {"text": "x"}).status_code == 404
    assert visitor.get(f"/chat/{talk.public_id}/").status_code == 200
    assert talk.public_id not in other.get("/chat/").content.decode()
    assert not Membership.objects.filter(user__visitor__isnull=False).exists()


def test_members_do_not_see_visitors(
    visitor: Client, allowed: Any, tuned: Any, alice: Any, bob: Any
) -> None:
    allowed.ANONYMOUS_ASSISTANT = tuned.id
    talk = talk_of(visitor)
    for member in (alice, bob):
        client = Client()
        client.force_login(member)
        assert client.get(f"/chat/{talk.public_id}/").status_code == 404
        assert talk.public_id not in client.get("/chat/").content.decode()


@pytest.mark.usefixtures("_unwritten")
def test_how_often(allowed: Any, base: Any) -> None:
    allowed.ANONYMOUS_VISITS = 3
    allowed.ANONYMOUS_MESSAGES = 2
    browsers = [Client() for _ in range(4)]
    codes = [browser.post("/chat/consent/", YES).status_code for browser in browsers]
    assert codes == [302, 302, 302, 422]
    assert User.objects.count() == 3
    first = browsers[0]
    talk = talk_of(first)
    headers = {"x-requested-with": "fetch"}
    send = f"/chat/{talk.public_id}/send/"
    Message.objects.filter(state="streaming").update(state="done")
    assert first.post(send, {"text": "two"}, headers=headers).status_code == 200
    Message.objects.filter(state="streaming").update(state="done")
    refused = first.post(send, {"text": "three"}, headers=headers)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "too_many_messages"
    assert talk.messages.filter(side="").count() == 2
    assert first.get(f"/chat/{talk.public_id}/").status_code == 200
    edit = {"turn": "1", "text": "otherwise"}
    refused = first.post(f"/chat/{talk.public_id}/edit/", edit, headers=headers)
    assert refused.status_code == 429  # an edit is a message
    assert Conversation.objects.count() == 1


@pytest.mark.usefixtures("_unwritten")
def test_a_branch_of_a_visitors_talk_counts_one_message(allowed: Any, client: Client) -> None:
    allowed.ANONYMOUS_MESSAGES = 2
    client.post("/chat/consent/", YES)
    talk = talk_of(client)
    Message.objects.filter(state="streaming").update(state="done", content="Tell me.")
    url = f"/chat/{talk.public_id}/"
    assert client.post(f"{url}branch/", {"turn": "1"}).status_code == 302
    branch = Conversation.objects.get(branched_from=talk)
    assert (branch.anonymous, branch.user) == (True, talk.user)
    assert client.get(f"/chat/{branch.public_id}/").status_code == 200
    headers = {"x-requested-with": "fetch"}
    edit = {"turn": "1", "text": "otherwise"}
    assert client.post(f"{url}edit/", edit, headers=headers).status_code == 200
    edit["text"] = "once more"
    assert client.post(f"{url}edit/", edit, headers=headers).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_ending_the_visit_deletes_it_all(visitor: Client) -> None:
    talk_of(visitor)
    visitor.post("/chat/country/", {"country": "DE"})
    assert ChatPreference.objects.exists()
    page = visitor.post("/chat/end/").content.decode()
    assert "deleted for good" in page
    for model in (User, Visitor, Conversation, Message, Consent, ChatPreference):
        assert not model.objects.exists(), model
    assert visitor.get("/chat/")["location"] == "/chat/consent/"


def test_a_member_cannot_end_themselves(client: Client, alice: Any) -> None:
    client.force_login(alice)
    assert client.post("/chat/end/").status_code == 302
    assert User.objects.filter(pk=alice.pk).exists()


def test_a_forgotten_visit_lapses_after_a_day(visitor: Client, alice: Any) -> None:
    talk_of(visitor)
    now = timezone.now()
    assert not chats_sweep(now=now + timedelta(hours=23))
    assert chats_sweep(now=now + timedelta(hours=25))["visits"] == 1
    assert list(User.objects.all()) == [alice]
    assert not Message.objects.exists()


def test_switched_off_closes_what_is_open(visitor: Client, allowed: Any) -> None:
    talk = talk_of(visitor)
    allowed.ANONYMOUS_CHAT = False
    answer = visitor.get(f"/chat/{talk.public_id}/")
    assert answer["location"].startswith("/sign-in/")
    assert not Conversation.objects.for_user(talk.user).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_unwritten")
@pytest.mark.parametrize("own", [True, False])
async def test_the_socket_is_open_for_the_own_talk_alone(
    allowed: Any, client: Client, own: bool, request: Any
) -> None:
    await sync_to_async(client.post)("/chat/consent/", YES)
    mine = await sync_to_async(talk_of)(client)
    talk = mine if own else await sync_to_async(request.getfixturevalue)("talk")
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", cookie)]
    path = f"/ws/chat/{talk.public_id}/"
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=5)
    assert answer["type"] == "websocket.accept"
    answer = await socket.receive_output(timeout=5)
    if own:
        assert answer["type"] == "websocket.send"
        assert "Nobody knows that I am here." in answer["text"]
        await sync_to_async(client.post)("/chat/end/")  # and it closes with the visit
        while answer["type"] == "websocket.send":
            answer = await socket.receive_output(timeout=8)
    # An ended session is told from what is not there, so that a page with a new one tries again.
    code = 4401 if own else 4404
    assert (answer["type"], answer["code"]) == ("websocket.close", code)
    await socket.send_input({"type": "websocket.disconnect", "code": code})
    await socket.wait(timeout=5)


def test_the_services_refuse_another_assistant(visitor: Client, plain: Any) -> None:
    talk = talk_of(visitor)
    from chat.conversations.exceptions import ChatRefused

    with pytest.raises(ChatRefused):
        services.conversation_assistant(conversation=talk, assistant=plain.id)
