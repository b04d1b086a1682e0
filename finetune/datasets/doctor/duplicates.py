"""When two dialogues say the same, letter by letter or nearly: hashes that stand for them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any


def exact_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues from which the same is learned: the same roles
    and texts, letter by letter, and the same replies left out of the loss."""
    parts = [
        [item["role"], item["content"], item["role"] != "assistant" or item.get("weight", 1)]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:16]


def near_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues with nearly the same words.

    Case, white space and the form of composed characters do not count.
    """
    words = [
        [item["role"], " ".join(unicodedata.normalize("NFKC", item["content"]).casefold().split())]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(words).encode()).digest()[:16]
