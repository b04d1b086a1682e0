"""The official client against a real engine process."""

import asyncio

import openai
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.chat.engine import tiny


def generate(
    world: tiny.World, adapter: str | None, messages: list, tokens: int, begun: str = ""
) -> list[int]:
    """What plain transformers and PEFT answer, greedily."""
    model = AutoModelForCausalLM.from_pretrained(world.base)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, world.folder / adapter)
    tokenizer = AutoTokenizer.from_pretrained(world.base)
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(text + begun, add_special_tokens=False, return_tensors="pt")
    with torch.no_grad():
        output = model.generate(**prompt, max_new_tokens=tokens, do_sample=False, pad_token_id=0)
    return output[0, prompt["input_ids"].shape[1] :].tolist()


def text_of(world: tiny.World, ids: list[int]) -> str:
    tokenizer = AutoTokenizer.from_pretrained(world.base)
    return tokenizer.decode(ids, skip_special_tokens=True).rstrip("\ufffd")


@pytest.mark.parametrize("name", ["base", "lora", "ia3", "qtha"])
def test_greedy_reply_equals_generate_of_transformers_and_peft(
    world: tiny.World, client: openai.OpenAI, name: str
) -> None:
    expected = generate(world, None if name == "base" else name, tiny.HELLO, 40)
    reply = client.chat.completions.create(
        model=name, messages=tiny.HELLO, max_tokens=40, **tiny.PLAIN
    )
    assert reply.choices[0].message.content == text_of(world, expected)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 40


def test_every_token_of_the_base_equals_generate(world: tiny.World, client: openai.OpenAI) -> None:
    expected = generate(world, None, tiny.HELLO, 12)
    for count in range(1, 13):
        reply = client.chat.completions.create(
            model="base", messages=tiny.HELLO, max_tokens=count, **tiny.PLAIN
        )
        assert reply.choices[0].message.content == text_of(world, expected[:count])


def test_replies_decoded_together_equal_replies_alone(world: tiny.World) -> None:
    conversations = [[{"role": "user", "content": "Hello " * (3 * i + 1)}] for i in range(8)]
    names = ["base", "base", "qtha", "lora", "lora", "ia3", "base", "qtha"]

    async def ask_all() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{world.url}/v1", api_key=tiny.KEY) as client:

            async def ask(index: int) -> str:
                stream = await client.chat.completions.create(
                    model=names[index],
                    messages=conversations[index],
                    max_tokens=20 + 5 * index,
                    stream=True,
                    **tiny.PLAIN,
                )
                return "".join([c.choices[0].delta.content or "" async for c in stream])

            return await asyncio.gather(*(ask(index) for index in range(8)))

    for index, text in enumerate(asyncio.run(ask_all())):
        adapter = None if names[index] == "base" else names[index]
        ids = generate(world, adapter, conversations[index], 20 + 5 * index)
        assert text == text_of(world, ids)


def test_stream_has_openai_form(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="base",
            messages=tiny.HELLO,
            max_tokens=10,
            stream=True,
            stream_options={"include_usage": True},
            seed=3,
        )
    )
    *parts, last = chunks
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert parts[0].choices[0].delta.role == "assistant"
    assert parts[0].choices[0].delta.content == ""
    assert all(chunk.usage is None for chunk in parts)
    assert [chunk.choices[0].finish_reason for chunk in parts[:-1]] == [None] * (len(parts) - 1)
    assert parts[-1].choices[0].finish_reason == "length"
    assert parts[-1].choices[0].delta.content is None
    assert last.choices == []
    assert last.usage.completion_tokens == 10
    assert last.usage.total_tokens == last.usage.prompt_tokens + 10


def test_same_seed_same_reply_other_seed_other_reply(client: openai.OpenAI) -> None:
    def ask(seed: int) -> str:
        reply = client.chat.completions.create(
            model="base", messages=tiny.HELLO, max_tokens=30, temperature=1.5, seed=seed
        )
        return reply.choices[0].message.content

    assert ask(5) == ask(5) == ask(5)
    assert len({ask(seed) for seed in range(6)}) > 1


def test_several_choices_with_own_randomness(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model="base", messages=tiny.HELLO, max_tokens=20, n=4, temperature=1.5, seed=1
    )
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]
    assert len({choice.message.content for choice in reply.choices}) > 1
    assert reply.usage.completion_tokens == 80


def test_stop_string_ends_the_reply_and_does_not_leak(
    world: tiny.World, client: openai.OpenAI
) -> None:
    whole = text_of(world, generate(world, None, tiny.HELLO, 60))
    at = next(i for i in range(4, 50) if whole.find(whole[i : i + 3]) == i)
    stop = whole[at : at + 3]
    stream = client.chat.completions.create(
        model="base", messages=tiny.HELLO, max_tokens=60, stop=[stop], stream=True, **tiny.PLAIN
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole[:at]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_end_token_ends_the_reply(world: tiny.World, client: openai.OpenAI) -> None:
    ids = generate(world, None, tiny.HELLO, 30)
    end = next(token for i, token in enumerate(ids) if i >= 5 and token not in ids[:i])
    folder = world.folder / "base-that-ends"
    tiny.save_base(folder, ends=[257, end])
    path = world.publish("ending", base=folder)
    try:
        reply = client.chat.completions.create(
            model="ending", messages=tiny.HELLO, max_tokens=60, **tiny.PLAIN
        )
    finally:
        path.unlink()
    assert reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].message.content == text_of(world, ids[: ids.index(end)])
    assert reply.usage.completion_tokens == ids.index(end) + 1


def test_next_turn_reuses_the_conversation(client: openai.OpenAI) -> None:
    first = [{"role": "user", "content": "A question that no other test asks."}]
    reply = client.chat.completions.create(
        model="base", messages=first, max_tokens=10, **tiny.PLAIN
    )
    again = client.chat.completions.create(
        model="base", messages=first, max_tokens=10, **tiny.PLAIN
    )
    assert again.usage.prompt_tokens_details.cached_tokens == reply.usage.prompt_tokens - 1
    assert again.choices[0].message.content == reply.choices[0].message.content


def test_special_tokens_in_a_message_do_not_open_a_turn(client: openai.OpenAI) -> None:
    def tokens(content: str) -> int:
        reply = client.chat.completions.create(
            model="base", messages=[{"role": "user", "content": content}], max_tokens=1
        )
        return reply.usage.prompt_tokens

    # Written out letter by letter, as any other text of that length (a letter is a token here).
    assert tokens("a<|im_end|>b") == tokens("a" + 10 * "x" + "b")
    assert tokens("a<|im_<|im_end|>end|>b") == tokens("a" + 20 * "x" + "b")


def test_models(world: tiny.World, client: openai.OpenAI) -> None:
    assert {"base", "lora", "ia3"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("lora").owned_by == "team"
    path = world.publish("guest")
    assert client.models.retrieve("guest").id == "guest"
    path.unlink()
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("guest")


def test_a_reply_goes_on_from_words_that_it_begins_with(
    world: tiny.World, client: openai.OpenAI
) -> None:
    """As if the model had written them itself: they stand in its turn, which is not closed."""
    begun = "I am fine,"
    expected = generate(world, None, tiny.HELLO, 12, begun)
    reply = client.chat.completions.create(
        model="base",
        messages=[*tiny.HELLO, {"role": "assistant", "content": begun}],
        max_tokens=12,
        temperature=0,
        extra_body={"repetition_penalty": 1, "continue_final_message": True},
    )
    assert reply.choices[0].message.content == text_of(world, expected)
    assert expected != generate(world, None, tiny.HELLO, 12)


def test_without_being_asked_to_a_reply_follows_the_last_message(client: openai.OpenAI) -> None:
    messages = [*tiny.HELLO, {"role": "assistant", "content": "Fine."}]
    plain, asked = (
        client.chat.completions.create(
            model="base",
            messages=messages,
            max_tokens=8,
            temperature=0,
            extra_body={"repetition_penalty": 1, "continue_final_message": goes_on},
        )
        for goes_on in (False, True)
    )
    assert plain.usage.prompt_tokens > asked.usage.prompt_tokens
