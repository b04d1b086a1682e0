"""Which dialogues are held out: by a seed, whole groups of near-duplicates at a time."""

from __future__ import annotations

import hashlib
from array import array

from finetune.datasets.doctor.duplicates import PRINT_BYTES, Prints


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
    if fraction <= 0:
        return set()
    firsts, sizes = _groups(prints)
    if sum(size > 0 for size in sizes) < 2:
        return set()
    wanted = min(max(1, round(fraction * count)), count - 1)
    salt = str(seed).encode()
    ranks = [
        hashlib.sha256(salt + prints[PRINT_BYTES * at : PRINT_BYTES * (at + 1)]).digest()
        if sizes[at]
        else b""
        for at in range(count)
    ]
    ranked = sorted((at for at in range(count) if sizes[at]), key=ranks.__getitem__)
    del ranks
    chosen: set[int] = set()  # the first dialogue of each group that is
    room = wanted
    for first in ranked:
        if sizes[first] <= room:
            chosen.add(first)
            room -= sizes[first]
            if not room:
                break
    if not chosen:
        chosen = {min(ranked, key=sizes.__getitem__)}
    return {place for place, first in enumerate(firsts) if first in chosen}


def _groups(prints: bytes | bytearray) -> tuple[array[int], array[int]]:
    """For each dialogue the first with its print, and for each first one how many there are."""
    table = Prints()
    firsts, sizes = array("I"), array("I")
    for start in range(0, len(prints), PRINT_BYTES):
        key = bytes(prints[start : start + PRINT_BYTES])
        first = table.add(key)
        firsts.append(len(firsts) if first is None else first)
        sizes.append(0)
        sizes[firsts[-1]] += 1
    return firsts, sizes
