"""The split: whole groups, the same for the same seed, as many as were asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from finetune.datasets.doctor.split.splitting import PRINT_BYTES, held_out


def prints(groups: list[int]) -> bytes:
    return b"".join(group.to_bytes(PRINT_BYTES, "big") for group in groups)


@given(
    groups=st.lists(st.integers(0, 12), max_size=40),
    seed=st.integers(0, 2**32 - 1),
    fraction=st.floats(0, 0.9),
)
def test_no_group_is_on_both_sides(groups: list[int], seed: int, fraction: float) -> None:
    chosen = held_out(prints(groups), seed, fraction)
    assert chosen == held_out(prints(groups), seed, fraction)
    held = {groups[index] for index in chosen}
    assert not held & {group for index, group in enumerate(groups) if index not in chosen}
    if fraction > 0 and len(set(groups)) > 1:
        assert 0 < len(chosen) < len(groups)
        smallest = min(groups.count(group) for group in set(groups))
        assert len(chosen) <= max(1, round(fraction * len(groups)), smallest)
    else:
        assert not chosen


@given(st.integers(2, 60), st.integers(0, 99), st.floats(0.01, 0.9))
def test_without_near_duplicates_exactly_the_share_is_held_out(
    count: int, seed: int, fraction: float
) -> None:
    chosen = held_out(prints(list(range(count))), seed, fraction)
    assert len(chosen) == min(max(1, round(fraction * count)), count - 1)
