"""Past prompts are bounded and found by their longest beginning."""

import torch

from chat.engine.inference.cache import PrefixStore


def keys_values(length: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    part = torch.arange(length, dtype=torch.float32).reshape(1, 1, length, 1)
    return [(part, part)]


def test_longest_beginning_short_of_the_end() -> None:
    store = PrefixStore(10_000)
    store.put(range(20), keys_values(20))
    store.put([*range(30), 99], keys_values(31))
    found = store.longest([*range(25), 7])
    assert found is not None
    assert found[0][0].flatten().tolist() == list(range(25))
    assert store.longest(range(20))[0][0].shape[2] == 19
    assert store.longest([1, 2, 3]) is None


def test_size_is_bounded_and_beginnings_are_not_kept_twice() -> None:
    store = PrefixStore(8 * 100)
    store.put(range(40), keys_values(40))
    store.put(range(60), keys_values(60))
    assert store.size == 8 * 60
    store.put(range(30), keys_values(30))
    assert store.size == 8 * 60
    store.put(range(1000, 1050), keys_values(50))
    assert store.size == 8 * 50
    store.put(range(500), keys_values(500))
    assert store.size == 8 * 50
