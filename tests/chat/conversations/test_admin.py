"""The console shows that the chat was used, never what was said."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_no_words_of_a_conversation_in_the_console(client: Client, alice: Any, talk: Any) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    reply = talk.messages.get(side="a")
    for path in (
        "/admin/chat/conversation/",
        f"/admin/chat/conversation/{talk.pk}/change/",
        "/admin/chat/message/",
        f"/admin/chat/message/{reply.pk}/change/",
        "/admin/chat/vote/",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        assert "What wakes you?" not in page
        assert "waking up" not in page
    assert client.get("/admin/chat/message/add/").status_code == 403
    found = client.get("/admin/chat/message/", {"q": "wakes"}).content.decode()
    assert reply.public_id not in found
