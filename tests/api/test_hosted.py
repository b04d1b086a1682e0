"""A program that names a hosted model talks to what stands for it, and is told so."""

from __future__ import annotations

from typing import Any

import openai

from tests.api.conftest import BASE, HOSTED

NAME = next(iter(HOSTED))
HELLO: Any = [{"role": "user", "content": "Hello!"}]


def test_chat_and_responses_say_who_spoke(alice_client: openai.OpenAI) -> None:
    create = alice_client.chat.completions.create
    assert create(model=NAME, messages=HELLO, max_tokens=2).model == BASE
    chunks = list(create(model=NAME, messages=HELLO, max_tokens=2, stream=True))
    assert {chunk.model for chunk in chunks} == {BASE}
    made = alice_client.responses.create(model=NAME, input="Hello!", store=False)
    assert made.model == BASE
    with alice_client.responses.stream(model=NAME, input="Hello!", store=False) as stream:
        assert stream.get_final_response().model == BASE


def test_a_job_and_a_model_say_which_base(alice_client: openai.OpenAI, uploaded: str) -> None:
    made = alice_client.fine_tuning.jobs.create(model=NAME, training_file=uploaded, seed=77)
    assert made.model == BASE
    events = alice_client.fine_tuning.jobs.list_events(made.id).data
    assert any(NAME in event.message and BASE in event.message for event in events)
    alice_client.fine_tuning.jobs.cancel(made.id)
    assert alice_client.models.retrieve(NAME).id == BASE
    assert NAME not in [one.id for one in alice_client.models.list()]
