"""Prompts that are read together leave what each would leave alone."""

import pytest
import torch

from chat.engine.inference.assistants import AssistantStore
from chat.engine.inference.cache import keys_values
from chat.engine.inference.prompts import Prompt, own_past_only, read
from tests.chat.engine import tiny

TEXTS = ("Hello.", "I sleep badly, and I do not know why.", "Nobody calls me any more these days.")


@pytest.fixture
def store(files: tiny.World) -> AssistantStore:
    return AssistantStore(
        files.assistants, device="cpu", dtype="float32", loaded=3, prefix_bytes=2**22
    )


def prompts(store: AssistantStore, name: str) -> list[Prompt]:
    assistant = store.load(store.card(name))
    return [
        Prompt(assistant, assistant.prompt_ids([{"role": "user", "content": text}]), None)
        for text in TEXTS
    ]


@pytest.mark.parametrize("name", ["base", "lora", "qtha"])
@torch.inference_mode()
def test_together_as_alone(store: AssistantStore, name: str) -> None:
    alone = [(prompt, read([(prompt, prompt.left)])[0]) for prompt in prompts(store, name)]
    packed = prompts(store, name)
    read([(packed[0], 3), (packed[1], 7)])  # in pieces of different sizes
    read([(packed[1], 4), (packed[2], 5), (packed[0], 2)])
    logits = read([(prompt, prompt.left) for prompt in packed])
    for (one, expected), other, row in zip(alone, packed, logits, strict=True):
        torch.testing.assert_close(row, expected, atol=1e-4, rtol=1e-4)
        for (keys, values), (k, v) in zip(
            keys_values(one.cache), keys_values(other.cache), strict=True
        ):
            assert keys.shape[2] == len(one.ids)
            torch.testing.assert_close(k, keys, atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(v, values, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_beginning_that_both_have_is_read_once(store: AssistantStore) -> None:
    assistant = store.load(store.card("base"))
    system = {"role": "system", "content": "You are a warm companion who listens."}
    first, second = (
        Prompt(assistant, assistant.prompt_ids([system, {"role": "user", "content": t}]), None)
        for t in TEXTS[:2]
    )
    assert second.waits_for(first)
    read([(first, first.left)])
    first.leave_behind()
    second.look_up()
    assert second.cached > len(system["content"])
    assert not second.waits_for(first)
    rest = read([(second, second.left)])[0]
    fresh = Prompt(assistant, second.ids, None)
    torch.testing.assert_close(rest, read([(fresh, fresh.left)])[0], atol=1e-4, rtol=1e-4)


def test_nobody_sees_another_past() -> None:
    mask = own_past_only([2, 1], [2, 1], torch.float32)[0, 0]
    seen = (mask == 0).int().tolist()
    #        a a b | a a b
    assert seen == [
        [1, 1, 0, 1, 0, 0],
        [1, 1, 0, 1, 1, 0],
        [0, 0, 1, 0, 0, 1],
    ]
