"""Two texts as one, with what is gone and what is new marked. Knows nothing of pages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

COMPARED = 1500  # words of either side; longer texts are shown as a whole, before and after
SHOWN = 160  # letters of unchanged text that are kept at either side of a change
MOST = 6000  # letters of one piece
# A word, a run of blanks, or one sign; a Chinese sign is a word.
_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|.", re.DOTALL
)


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is in both (`same`), only before (`gone`) or only after (`new`)."""

    kind: Literal["same", "gone", "new"]
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """Return the pieces in reading order; long unchanged stretches are cut in their middle.

    >>> difference("a b,", "a b")
    [Piece(kind='same', text='a b'), Piece(kind='gone', text=',')]
    """
    pieces: list[Piece] = []
    for kind, text in _pieces(_WORDS.findall(before), _WORDS.findall(after)):
        if text:
            pieces.append(Piece(kind, text))
    last = len(pieces) - 1
    return [_clipped(piece, at == 0, at == last) for at, piece in enumerate(pieces)]


def _pieces(
    before: list[str], after: list[str]
) -> Iterator[tuple[Literal["same", "gone", "new"], str]]:
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    yield "same", "".join(before[:head])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > COMPARED:
        yield "gone", "".join(old)
        yield "new", "".join(new)
    else:
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for what, start, end, first, last in matcher.get_opcodes():
            if what == "equal":
                yield "same", "".join(old[start:end])
                continue
            yield "gone", "".join(old[start:end])
            yield "new", "".join(new[first:last])
    yield "same", "".join(before[len(before) - tail :])


def _clipped(piece: Piece, is_first: bool, is_last: bool) -> Piece:
    text = piece.text
    if piece.kind != "same":
        return Piece(piece.kind, text if len(text) <= MOST else f"{text[:MOST]}…")
    if len(text) <= 2 * SHOWN:
        return piece
    head = "" if is_first and not is_last else text[:SHOWN]
    tail = "" if is_last and not is_first else text[-SHOWN:]
    return Piece("same", f"{head} … {tail}")
