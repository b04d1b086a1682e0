"""Which dialogues are held out: by a seed, whole groups of near-duplicates at a time."""

from __future__ import annotations

import hashlib

PRINT_BYTES = 16


def held_out(prints: bytes | bytearray, seed: int, fraction: float) -> set[int]:
    """Choose dialogues, so that none has a near-duplicate on the other side.

    Groups go in the order of their hashes under the seed; one that would be too many is passed
    over. Where even the smallest group is larger than what was asked for, it is taken, unless
    nothing would be left to learn from.

    Args:
        prints: 16 bytes for each dialogue, equal for near-duplicates.
        seed: another one gives another choice.
        fraction: share of the dialogues to hold out; 0 holds none out.

    Returns:
        Places of the chosen dialogues.
    """
    count = len(prints) // PRINT_BYTES
    groups: dict[bytes, list[int]] = {}
    for index in range(count):
        start = PRINT_BYTES * index
        groups.setdefault(bytes(prints[start : start + PRINT_BYTES]), []).append(index)
    if fraction <= 0 or len(groups) < 2:
        return set()
    wanted = min(max(1, round(fraction * count)), count - 1)
    salt = str(seed).encode()
    ranked = [
        groups[key] for key in sorted(groups, key=lambda key: hashlib.sha256(salt + key).digest())
    ]
    chosen: set[int] = set()
    for group in ranked:
        if len(chosen) + len(group) <= wanted:
            chosen.update(group)
    smallest = min(ranked, key=len)
    return chosen or set(smallest)
