from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.api.conftest import BASE, Site

HELLO: Any = [{"role": "user", "content": "Hello, how are you?"}]


@pytest.mark.parametrize("which", ["base", "tuned"])
def test_a_whole_reply(site: Site, ungated_client: openai.OpenAI, which: str) -> None:
    model = BASE if which == "base" else site.seeded["model"]
    reply = ungated_client.chat.completions.create(
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


def test_a_streamed_reply(ungated_client: openai.OpenAI) -> None:
    stream = ungated_client.chat.completions.create(
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
    whole = ungated_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=8, temperature=0
    )
    assert text == whole.choices[0].message.content


def test_several_replies(ungated_client: openai.OpenAI) -> None:
    reply = ungated_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=3, seed=5
    )
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in reply.choices}) > 1
    assert reply.usage
    assert reply.usage.completion_tokens == 18
    stream = ungated_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=2, stream=True
    )
    ends = [
        chunk.choices[0].index
        for chunk in stream
        if chunk.choices and chunk.choices[0].finish_reason
    ]
    assert sorted(ends) == [0, 1]


def test_the_largest_seed_has_a_next_one(ungated_client: openai.OpenAI) -> None:
    reply = ungated_client.chat.completions.create(
        model=BASE, messages=HELLO, max_tokens=6, n=2, seed=2**63 - 1
    )
    assert len({choice.message.content for choice in reply.choices}) == 2


def test_what_asks_nothing_of_us_is_let_through(ungated_client: openai.OpenAI) -> None:
    reply = ungated_client.chat.completions.create(
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


def test_stop_words_end_a_reply(ungated_client: openai.OpenAI) -> None:
    options: dict[str, Any] = {"model": BASE, "messages": HELLO, "max_tokens": 12, "temperature": 0}
    text = ungated_client.chat.completions.create(**options).choices[0].message.content or ""
    cut = text[3:5]
    stopped = ungated_client.chat.completions.create(**options, stop=[cut])
    assert stopped.choices[0].message.content == text[: text.index(cut)]
    assert stopped.choices[0].finish_reason == "stop"


def test_a_person_in_danger_gets_a_reviewed_reply_and_the_card(alice_client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "I want to kill myself tonight."}]
    reply = alice_client.chat.completions.create(
        model=BASE, messages=messages, max_tokens=4, n=2, user="u-0"
    )
    assert reply.moderation
    result: Any = reply.moderation.input.results[0]  # type: ignore[union-attr]
    assert result.flagged
    assert result.categories["suicide"]
    assert result.card["heading"]
    texts = {choice.message.content for choice in reply.choices}
    assert len(texts) == 1, "nobody in danger chooses between two texts"
    assert len(str(texts)) > 60
    assert {choice.finish_reason for choice in reply.choices} == {"stop"}
    output: Any = reply.moderation.output.results[0]  # type: ignore[union-attr]
    assert output.reviewed[0]["id"]
    assert not output.flagged


def test_the_state_is_remembered_by_user_and_across_requests(alice_client: openai.OpenAI) -> None:
    def ask(text: str, user: str) -> Any:
        messages: Any = [{"role": "user", "content": text}]
        reply = alice_client.chat.completions.create(
            model=BASE, messages=messages, max_tokens=4, user=user
        )
        return reply.moderation

    first, later = (ask(text, "u-1") for text in ("I want to kill myself.", "Never mind."))
    assert first.input.results[0].card
    assert not later.input.results[0].card, "one card an episode"
    assert later.input.results[0].quiet_line
    assert later.output.results[0].reviewed
    assert first.output.results[0].reviewed != later.output.results[0].reviewed
    assert not ask("Never mind.", "u-2").input.results[0].quiet_line


def test_ungated_is_said_in_the_answer_and_noted_in_the_log(
    site: Site, ungated_client: openai.OpenAI, alice_client: openai.OpenAI
) -> None:
    code = (
        "from chat.policy.models import SafetyEntry\n"
        "print(SafetyEntry.objects.filter(action='ungated').count())"
    )
    before = int(site.python(code).split()[-1])
    messages: Any = [{"role": "user", "content": "I want to kill myself."}]
    raw = ungated_client.chat.completions.with_raw_response.create(
        model=BASE, messages=messages, max_tokens=8, user="u-5"
    )
    assert raw.headers["x-wukong-gate"] == "off"
    answer: Any = raw.parse()
    assert answer.moderation.gate == "off"
    assert answer.moderation.input.results[0].flagged
    assert answer.choices[0].finish_reason == "length"
    assert int(site.python(code).split()[-1]) == before + 1
    gated = alice_client.chat.completions.with_raw_response.create(
        model=BASE, messages=messages, max_tokens=8, user="u-5"
    )
    assert "x-wukong-gate" not in gated.headers


BAD: list[tuple[dict[str, Any], str]] = [
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0].role"),
    ({"temperature": 9}, "temperature"),
    ({"n": 99}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"extra_body": {"stream_options": []}}, "stream_options"),
    ({"extra_body": {"user": 7}}, "user"),
    ({"safety_identifier": "x" * 300}, "safety_identifier"),
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
