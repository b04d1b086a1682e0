"""One reply from a real engine process with a tiny random model, through the page's own address."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from chat.models import Message


@pytest.mark.django_db(transaction=True)
async def test_reply_from_a_real_engine(
    async_client: AsyncClient, alice: Any, tuned: Any, settings: Any
) -> None:
    tiny = pytest.importorskip("tests.chat.engine.tiny")
    with tempfile.TemporaryDirectory() as folder:
        files = tiny.World(Path(folder))
        files.assistants.mkdir()
        tiny.save_base(files.base)
        files.publish(tuned.engine_name)
        keys = files.folder / "keys"
        keys.write_text(f"{tiny.KEY}\n")
        engine = tiny.engine(files, "--key-file", str(keys))
        running = await sync_to_async(engine.__enter__)()
        try:
            settings.ENGINE_URL, settings.ENGINE_KEY = running.url, tiny.KEY
            settings.CHAT_MAX_TOKENS = 12
            await async_client.aforce_login(alice)
            data = {"assistant": tuned.id, "text": "Hello"}
            answer = await async_client.post("/chat/new/", data)
            assert answer.status_code == 302
        finally:
            await sync_to_async(engine.__exit__)(None, None, None)
    reply = await Message.objects.aget(role="assistant")
    assert reply.state == "done", reply.error
    assert reply.content
    assert reply.reply_tokens
