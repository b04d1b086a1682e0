"""The real base model, once."""

import asyncio

import pytest

from benchmarks.chat.assistant_replies.signs import loops
from chat.engine.client import EngineClient
from finetune.training.settings import DEFAULT_SYSTEM_PROMPT, SAMPLE_PROMPTS
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


@pytest.mark.real_model
@pytest.mark.skipif(not BASE.exists(), reason="SmolLM2 has not been fetched (make run does)")
def test_sampling_by_default_does_not_loop(world: tiny.World) -> None:
    """Untuned it writes at length, which is where a small model would begin to go round."""
    card = world.publish("smollm2", base=BASE)
    client = EngineClient(world.url, tiny.KEY)
    system = {"role": "system", "content": DEFAULT_SYSTEM_PROMPT}
    try:
        for text in SAMPLE_PROMPTS:
            messages = [system, {"role": "user", "content": text}]
            reply = asyncio.run(tiny.whole(client, "smollm2", messages, max_tokens=90, seed=9))
            assert len(reply.text.split()) > 10
            assert not loops(reply.text, "en"), reply.text
    finally:
        card.unlink()
