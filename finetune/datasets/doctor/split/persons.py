"""Dialogues of one person on the same side of the split."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from finetune.datasets.doctor.duplicates import PRINT_BYTES


def with_persons(path: Path, prints: bytes | bytearray) -> tuple[bytearray, int]:
    """Return prints that are equal also for one person's dialogues, and how many persons there are.

    What hangs together in a chain (a person's dialogue that is nearly another person's) is one
    group. A dialogue that names nobody keeps its own print.

    Args:
        path: the dialogues, one a line; `person` stands beside the messages.
        prints: 16 bytes for each, equal for near-duplicates.
    """
    parents: dict[bytes, bytes] = {}

    def root(key: bytes) -> bytes:
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = parents[parent]
            key = parents[key]
        return key

    keys = [
        bytes(prints[start : start + PRINT_BYTES]) for start in range(0, len(prints), PRINT_BYTES)
    ]
    persons: set[bytes] = set()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for key, line in zip(keys, lines, strict=True):
            if person := json.loads(line).get("person"):
                mark = hashlib.sha256(f"person {person}".encode()).digest()[:PRINT_BYTES]
                persons.add(mark)
                parents[root(key)] = root(mark)
    return bytearray(b"".join(root(key) for key in keys)), len(persons)
