from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.api.conftest import BASE, Site

HELLO: Any = [{"role": "user", "content": "Hello, how are you?"}]


@pytest.mark.parametrize("which", ["base", "tuned"])
def test_a_whole_reply(site: Site, alice_client: openai.OpenAI, which: str) -> None:
    model = BASE if which == "base" else site.seeded["model"]
    reply = alice_client.chat.completions.create(
        model=model, messages=HELLO, max_completion_tokens=8, temperature=0
    )
    assert reply.model == model
    assert reply.object == "chat.completion"
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].message.content
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage
    assert reply.usage.completion_tokens == 8
    assert reply.moderation
    assert reply.moderation.input.type == "moderation_results"
    assert not reply.moderation.input.results[0].flagged


def test_a_streamed_reply(alice_client: openai.OpenAI) -> None:
    stream = alice_client.chat.completions.create(
        model=BASE,
        messages=HELLO,
        max_tokens=8,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert len({(chunk.id, chunk.created) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[0].choices[0].delta.content == ""
    *parts, last, usage = chunks
    assert all(part.choices[0].finish_reason is None for part in parts)
    assert last.choices[0].finish_reason == "length"
    assert last.choices[0].delta.content is None
    assert last.moderation
    assert not last.moderation.output.results[0].flagged
    assert not usage.choices
    assert usage.usage
    assert usage.usage.completion_tokens == 8
    text = "".join(part.choices[0].delta.content or "" for part in parts)
    whole = alice_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=8, temperature=0
    )
    assert text == whole.choices[0].message.content


def test_several_replies(alice_client: openai.OpenAI) -> None:
    reply = alice_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=3, seed=5
    )
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in reply.choices}) > 1
    assert reply.usage
    assert reply.usage.completion_tokens == 18
    stream = alice_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=2, stream=True
    )
    ends = [
        chunk.choices[0].index
        for chunk in stream
        if chunk.choices and chunk.choices[0].finish_reason
    ]
    assert sorted(ends) == [0, 1]


def test_the_largest_seed_has_a_next_one(alice_client: openai.OpenAI) -> None:
    reply = alice_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=2, seed=2**63 - 1
    )
    assert len({choice.message.content for choice in reply.choices}) == 2


def test_what_asks_nothing_of_us_is_let_through(alice_client: openai.OpenAI) -> None:
    reply = alice_client.chat.completions.create(
        model=BASE,
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        max_tokens=2,
        tools=[],
        tool_choice="none",
        parallel_tool_calls=False,
        logprobs=False,
        frequency_penalty=0,
        presence_penalty=0.0,
        logit_bias={},
        response_format={"type": "text"},
        stop=[],
        n=None,
    )
    assert reply.usage
    assert reply.usage.completion_tokens == 2


def test_stop_words_end_a_reply(alice_client: openai.OpenAI) -> None:
    options: dict[str, Any] = {"model": BASE, "messages": HELLO, "max_tokens": 12, "temperature": 0}
    text = alice_client.chat.completions.create(**options).choices[0].message.content or ""
    cut = text[3:5]
    stopped = alice_client.chat.completions.create(**options, stop=[cut])
    assert stopped.choices[0].message.content == text[: text.index(cut)]
    assert stopped.choices[0].finish_reason == "stop"


def test_the_safety_seam_speaks_in_the_moderation(alice_client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "I want to kill myself tonight."}]
    reply = alice_client.chat.completions.create(model=BASE, messages=messages, max_tokens=4)
    assert reply.moderation
    result: Any = reply.moderation.input.results[0]  # type: ignore[union-attr]
    assert result.flagged
    assert result.categories["suicide"]
    assert result.card["heading"]
    assert reply.choices[0].message.content


BAD: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0].role"),
    ({"temperature": 9}, "temperature"),
    ({"n": 99}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"extra_body": {"stream_options": []}}, "stream_options"),
]


@pytest.mark.parametrize(("change", "param"), BAD, ids=lambda item: str(item)[:30])
def test_a_bad_value_is_named(
    alice_client: openai.OpenAI, change: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.chat.completions.create(**{"model": BASE, "messages": HELLO, **change})
    assert caught.value.param == param


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_that_is_too_long(alice_client: openai.OpenAI, stream: bool) -> None:
    messages: Any = [{"role": "user", "content": "long " * 2000}]
    with pytest.raises(openai.BadRequestError) as caught:
        alice_client.chat.completions.create(model=BASE, messages=messages, stream=stream)
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "messages"


def test_an_unknown_model(alice_client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        alice_client.chat.completions.create(model="nothing", messages=HELLO)
    assert caught.value.code == "model_not_found"
