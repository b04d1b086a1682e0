"""One reply from a real engine process with a tiny random model, through the page's own address."""

from typing import Any

import pytest
from django.test import AsyncClient

from chat.conversations.models import Message
from tests.chat.engine import tiny


@pytest.mark.django_db(transaction=True)
async def test_reply_from_a_real_engine(
    async_client: AsyncClient, alice: Any, tuned: Any, settings: Any, world: tiny.World
) -> None:
    card = world.publish(tuned.engine_name)
    try:
        settings.ENGINE_URL, settings.ENGINE_KEY = world.url, tiny.KEY
        settings.CHAT_MAX_TOKENS = 12
        await async_client.aforce_login(alice)
        data = {"assistant": tuned.id, "text": "Hello"}
        answer = await async_client.post("/chat/new/", data)
        assert answer.status_code == 302
    finally:
        card.unlink()
    reply = await Message.objects.aget(role="assistant")
    assert reply.state == "done", reply.error
    assert reply.content
    assert reply.reply_tokens
