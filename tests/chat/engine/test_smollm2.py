"""The real base model, once."""

import asyncio

import pytest

from chat.engine.client import EngineClient
from tests.chat.engine import tiny

BASE = tiny.ROOT / "var/base-models/smollm2-135m-instruct"


@pytest.mark.real_model
@pytest.mark.skipif(not BASE.exists(), reason="SmolLM2 has not been fetched (make run does)")
def test_coherent_answer_that_ends_by_itself(world: tiny.World) -> None:
    card = world.publish("smollm2", base=BASE)
    question = [
        {"role": "user", "content": "What is the capital of France? Answer in one sentence."}
    ]
    client = EngineClient(world.url, tiny.KEY)
    try:
        reply = asyncio.run(tiny.whole(client, "smollm2", question, temperature=0, max_tokens=40))
    finally:
        card.unlink()
    assert "Paris" in reply.text
    assert reply.finish_reason == "stop"
