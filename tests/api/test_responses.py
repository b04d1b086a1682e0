"""`/v1/responses` as the official client uses it."""

from typing import Any

import openai
import pytest

BASE = "smollm2-135m-instruct"
HELLO: Any = [
    {"role": "developer", "content": "Answer in one word."},
    {"role": "user", "content": [{"type": "input_text", "text": "How are you?"}]},
    {"role": "assistant", "content": [{"type": "output_text", "text": "Well."}]},
    {"type": "message", "role": "user", "content": "And now?"},
]


def test_a_reply(ungated_client: openai.OpenAI) -> None:
    reply = ungated_client.responses.create(
        model=BASE,
        input="I cannot sleep.",
        instructions="Be kind.",
        max_output_tokens=6,
        temperature=0,
        store=False,
        metadata={"visit": "3"},
    )
    assert reply.output_text.strip()
    assert (reply.status, reply.incomplete_details.reason) == ("incomplete", "max_output_tokens")  # type: ignore[union-attr]
    assert reply.usage.output_tokens == 6  # type: ignore[union-attr]
    assert reply.usage.total_tokens == reply.usage.input_tokens + 6  # type: ignore[union-attr]
    assert (reply.store, reply.metadata, reply.instructions) == (False, {"visit": "3"}, "Be kind.")
    chat = ungated_client.chat.completions.create(
        model=BASE,
        messages=[
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "I cannot sleep."},
        ],
        max_tokens=6,
        temperature=0,
    )
    assert chat.choices[0].message.content == reply.output_text


def test_a_conversation_as_events(ungated_client: openai.OpenAI) -> None:
    options: Any = {"model": BASE, "input": HELLO, "max_output_tokens": 8, "temperature": 0}
    whole = ungated_client.responses.create(**options)
    seen = list(ungated_client.responses.create(**options, stream=True))
    assert [one.sequence_number for one in seen] == list(range(len(seen)))
    kinds = [one.type for one in seen]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:-1] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    assert kinds[-1] == f"response.{whole.status}"
    assert set(kinds[4:-4]) == {"response.output_text.delta"}
    last: Any = seen[-1]
    assert "".join(one.delta for one in seen if hasattr(one, "delta")) == whole.output_text
    assert last.response.output_text == whole.output_text
    assert last.response.usage.total_tokens == whole.usage.total_tokens  # type: ignore[union-attr]


def test_danger_gets_reviewed_words(alice_client: openai.OpenAI) -> None:
    reply: Any = alice_client.responses.create(
        model=BASE, input="I want to kill myself tonight.", user="somebody"
    )
    assert (reply.status, bool(reply.output_text)) == ("completed", True)
    assert reply.moderation.input.flagged
    assert reply.moderation.output.model_extra["reviewed"]
    with alice_client.responses.stream(
        model=BASE, input="I want to kill myself tonight.", user="somebody else"
    ) as stream:
        assert stream.get_final_response().moderation.input.flagged  # type: ignore[union-attr]


PART: Any = {"type": "input_image", "image_url": "data:,"}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"input": []}, "input"),
    ({"input": 7}, "input"),
    ({"input": ["x"]}, "input[0]"),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].type"),
    ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
    ({"input": [{"role": "user", "content": [PART]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": None}]}, "input[0].content"),
    ({"instructions": 7}, "instructions"),
    ({"store": True}, "store"),
    ({"previous_response_id": "resp_1"}, "previous_response_id"),
    ({"tools": [{"type": "web_search"}]}, "tools"),
    ({"text": {"format": {"type": "json_object"}}}, "text.format"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"temperature": 9}, "temperature"),
    ({"metadata": {"a": 1}}, "metadata"),
    ({"user": "x" * 300}, "user"),
]


@pytest.mark.parametrize(("change", "param"), BAD, ids=lambda item: str(item)[:30])
def test_a_bad_value_is_named(
    alice_client: openai.OpenAI, change: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        alice_client.responses.create(**{"model": BASE, "input": "Hello", **change})
    assert refused.value.param == param


def test_a_model_that_is_not_there(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        alice_client.responses.create(model="nothing", input="Hello")


def test_what_is_too_long_is_said_of_the_input(ungated_client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ungated_client.responses.create(model=BASE, input="word " * 20_000)
    assert (refused.value.param, refused.value.code) == ("input", "context_length_exceeded")
