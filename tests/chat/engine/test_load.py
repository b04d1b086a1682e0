"""Many at once, leaving early, a full queue."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import httpx
import openai
import pytest

from chat.engine.client import Delta, EngineClient
from tests.chat.engine import tiny

LONG = {"max_tokens": 1900, "temperature": 0, "extra_body": {"top_k": 5}}


def test_eight_streams_advance_together(world: tiny.World) -> None:
    names = ["base", "lora", "ia3", "base", "lora", "ia3", "base", "lora"]

    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=f"{world.url}/v1", api_key=tiny.KEY) as client:
            order: list[int] = []

            async def ask(index: int) -> None:
                stream = await client.chat.completions.create(
                    model=names[index], messages=tiny.HELLO, max_tokens=60, stream=True, seed=index
                )
                async for chunk in stream:
                    if chunk.choices[0].finish_reason is None:
                        order.append(index)

            await asyncio.gather(*(ask(index) for index in range(8)))
        # Nobody is served to the end before the others have begun.
        first = {index: order.index(index) for index in range(8)}
        last = {index: len(order) - order[::-1].index(index) for index in range(8)}
        assert max(first.values()) < min(last.values())

    asyncio.run(main())
    world.wait_idle()


def test_leaving_a_stream_frees_its_place_within_a_token(world: tiny.World) -> None:
    client = EngineClient(world.url, tiny.KEY)

    async def main() -> None:
        deltas = client.stream_chat("base", tiny.HELLO, max_tokens=1900, temperature=0)
        async with aclosing(deltas):
            async for _ in deltas:
                assert (await client.health())["active"] == 1
                break

    asyncio.run(main())
    assert world.wait_idle() < 2, "a reply of 1900 tokens takes longer"


def test_leaving_a_whole_reply_frees_its_place(world: tiny.World) -> None:
    body = {"model": "base", "messages": tiny.HELLO, "max_tokens": 1900, "temperature": 0}
    headers = {"Authorization": f"Bearer {tiny.KEY}"}

    async def main() -> None:
        async with httpx.AsyncClient(headers=headers) as http:
            task = asyncio.create_task(
                http.post(f"{world.url}/v1/chat/completions", json=body, timeout=30)
            )
            while not world.health()["active"]:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert world.wait_idle() < 2, "a reply of 1900 tokens takes longer"


def test_full_queue_is_answered_with_429(world: tiny.World) -> None:
    async def main() -> None:
        async with openai.AsyncOpenAI(
            base_url=f"{world.url}/v1", api_key=tiny.KEY, max_retries=0
        ) as client:

            async def open_stream() -> openai.AsyncStream:
                return await client.chat.completions.create(
                    model="base", messages=tiny.HELLO, stream=True, n=4, **LONG
                )

            streams = [await open_stream() for _ in range(2)]  # eight places
            streams += [await open_stream() for _ in range(4)]  # four in the queue
            health = world.health()
            assert (health["active"], health["waiting"]) == (2, 4)
            with pytest.raises(openai.RateLimitError) as caught:
                await open_stream()
            assert int(caught.value.response.headers["Retry-After"]) > 0
            assert caught.value.code == "engine_busy"
            for stream in streams:
                await stream.close()

    asyncio.run(main())
    assert world.wait_idle() < 2


def test_loading_an_assistant_does_not_hold_up_streams(world: tiny.World) -> None:
    client = EngineClient(world.url, tiny.KEY)
    path = world.publish("late", world.folder / "lora")

    async def main() -> None:
        gaps, last = [], time.monotonic()
        deltas = client.stream_chat("base", tiny.HELLO, max_tokens=400, temperature=0)
        async with aclosing(deltas):
            count = 0
            async for _ in deltas:
                gaps.append(time.monotonic() - last)
                last = time.monotonic()
                count += 1
                if count == 10:
                    late = asyncio.create_task(tiny.whole(client, "late", tiny.HELLO, max_tokens=3))
        assert (await late).usage.completion_tokens == 3
        assert max(gaps[1:]) < 1.0

    try:
        asyncio.run(main())
    finally:
        path.unlink()


def test_who_waits_hears_its_place_and_then_its_reply(world: tiny.World) -> None:
    client = EngineClient(world.url, tiny.KEY)

    async def main() -> tuple[list[int], list[int]]:
        def ask(tokens: int, **options: Any) -> asyncio.Task[Delta]:
            reply = tiny.whole(client, "base", tiny.HELLO, max_tokens=tokens, n=4, **options)
            return asyncio.create_task(reply)

        first: list[int] = []
        second: list[int] = []
        holders = [ask(1900), ask(1900)]
        while world.health()["active"] < 2:
            await asyncio.sleep(0.01)
        waiting = [ask(3, on_queue=first.append)]
        while not first:
            await asyncio.sleep(0.01)
        waiting.append(ask(3, on_queue=second.append))
        while not second:
            await asyncio.sleep(0.01)
        holders[0].cancel()  # the first takes its places, the second moves up
        await asyncio.gather(*waiting)
        holders[1].cancel()
        return first, second

    first, second = asyncio.run(main())
    assert first == [0]
    assert second == [1, 0]
    world.wait_idle()
