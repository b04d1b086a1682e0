"""When two dialogues say the same, letter by letter or nearly: hashes that stand for them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from array import array
from json.encoder import encode_basestring_ascii
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from finetune.datasets.formats.calls import of_tools

PRINT_BYTES = 16
_FIRST_SLOTS = 1 << 10
_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f"  # what ASCII has beside the blank
_FOLDED = bytes.maketrans(
    ascii_uppercase.encode() + _SPACES, ascii_lowercase.encode() + b"\n" * len(_SPACES)
)


def exact_text(messages: list[dict[str, Any]], tools: Any = None) -> str:
    """Return one text that is equal for dialogues from which the same is learned: the same roles
    and texts, letter by letter, the same replies left out of the loss, the same calls and tools.

    The messages were checked: none holds the null character that parts them here.
    """
    parts = [item["role"] for item in messages], [item["content"] for item in messages]
    text = "\0\0".join(["\0".join(part) for part in parts])  # as many contents as roles
    if max(map(len, messages)) > 2:  # one has a weight, or has to do with a call
        left_out = [item["role"] == "assistant" and not item.get("weight", 1) for item in messages]
        if any(left_out):
            text += f"\0\0{left_out}"
        calls = [of_tools(one) for one in messages]
        if any(calls):
            text += f"\0\0{json.dumps(calls, ensure_ascii=False)}"
    return f"{text}\0\0tools {json.dumps(tools, ensure_ascii=False)}" if tools else text


def exact_print(text: str) -> bytes:
    """Return 16 bytes that stand for an `exact_text`."""
    return hashlib.sha256(text.encode()).digest()[:PRINT_BYTES]


def near_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues with nearly the same words.

    Case, white space and the form of composed characters do not count. The split goes by these
    bytes: they are those of the words as a JSON list, and have to stay so.
    """
    words = [
        f'["{item["role"]}", {encode_basestring_ascii(_words(item["content"]))}]'
        for item in messages
    ]
    return hashlib.sha256(f"[{', '.join(words)}]".encode()).digest()[:PRINT_BYTES]


def _words(text: str) -> str:
    """The words of a text with one blank between each two."""
    if text.isascii():  # bytes are looked up in a table far faster than letters
        folded = text.encode().translate(_FOLDED).decode()
    else:
        folded = unicodedata.normalize("NFKC", text).casefold()
        if not folded.isprintable():  # the blank is the only printable white space
            return " ".join(folded.split())
    if "\n" in folded:
        folded = " ".join([bare for line in folded.split("\n") if (bare := line.strip(" "))])
    return " ".join(folded.split()) if "  " in folded else folded.strip(" ")


class Prints:
    """The prints of the dialogues that were kept, and the first dialogue with each.

    A table of four-byte places instead of a dictionary: a million prints take 30 MB, not 170.

    Attributes:
        all: the prints in the order of the dialogues, 16 bytes each.
    """

    def __init__(self) -> None:
        self.all = bytearray()
        self._slots = array("I", bytes(4 * _FIRST_SLOTS))  # place + 1, or 0
        self._used = 0

    def add(self, key: bytes) -> int | None:
        """Take the next dialogue's print down; return the place of the first one with it."""
        slot = self._slot(key)
        place = self._slots[slot]
        self.all += key
        if place:
            return place - 1
        self._take(slot)
        return None

    def add_new(self, key: bytes) -> int | None:
        """The same, but take nothing down where there is one."""
        slot = self._slot(key)
        if place := self._slots[slot]:
            return place - 1
        self.all += key
        self._take(slot)
        return None

    def _take(self, slot: int) -> None:
        self._slots[slot] = len(self.all) // PRINT_BYTES
        self._used += 1
        if self._used * 2 > len(self._slots):
            self._grow()

    def _slot(self, key: bytes) -> int:
        """Where a print stands in the table, or is to stand."""
        slots, prints, mask = self._slots, self.all, len(self._slots) - 1
        slot = int.from_bytes(key[:8], "little") & mask
        while place := slots[slot]:
            if prints[PRINT_BYTES * (place - 1) : PRINT_BYTES * place] == key:
                break
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        places = [place for place in self._slots if place]
        self._slots = array("I", bytes(4 * 4 * len(self._slots)))
        slots, prints, mask = self._slots, self.all, len(self._slots) - 1
        for place in places:
            start = PRINT_BYTES * (place - 1)
            slot = int.from_bytes(prints[start : start + 8], "little") & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = place
