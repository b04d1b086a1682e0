"""The client of the Django side."""

import asyncio
import subprocess
import sys

import pytest

from chat.engine.client import EngineClient, EngineError, EngineUnavailable
from tests.chat.engine import tiny


def test_import_brings_no_heavy_package() -> None:
    code = (
        "import sys, chat.engine.client; "
        "print([m for m in ('torch','transformers','starlette','django') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tiny.ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_the_same_seed_streams_the_same_reply(world: tiny.World) -> None:
    client = EngineClient(world.url, tiny.KEY)

    async def main() -> None:
        deltas = [d async for d in client.stream_chat("lora", tiny.HELLO, max_tokens=20, seed=4)]
        whole = await tiny.whole(client, "lora", tiny.HELLO, max_tokens=20, seed=4)
        assert "".join(delta.text for delta in deltas) == whole.text
        assert whole.finish_reason == "length"
        assert whole.usage == whole.usage.__class__(
            deltas[-1].usage.prompt_tokens, 20, whole.usage.cached_tokens
        )
        assert [delta.finish_reason for delta in deltas if delta.finish_reason] == ["length"]
        assert (await client.health())["ready"] is True

    asyncio.run(main())


def test_errors_are_typed(world: tiny.World) -> None:
    async def ask(client: EngineClient, model: str) -> None:
        await tiny.whole(client, model, tiny.HELLO, max_tokens=2)

    with pytest.raises(EngineError, match="not published") as caught:
        asyncio.run(ask(EngineClient(world.url, tiny.KEY), "nobody"))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    with pytest.raises(EngineError) as caught:
        asyncio.run(ask(EngineClient(world.url, "wrong"), "base"))
    assert caught.value.status == 401
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        asyncio.run(ask(EngineClient("http://127.0.0.1:9"), "base"))
    with pytest.raises(EngineUnavailable):
        asyncio.run(EngineClient("unix:///nowhere/engine.sock").health())
