"""What a chat template writes, piece by piece, and which white space belongs to a reply.

Knows nothing of templates or tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Piece:
    """A stretch of what a template writes.

    Attributes:
        text: its characters.
        given: whether they come from a message; if not, the template wrote them (or made them
            of a message that it changes).
        reply: number of the dialogue's reply, from 0, if this is one, word for word.
    """

    text: str
    given: bool = False
    reply: int | None = None


def with_blanks(
    pieces: Sequence[Piece], bare: Sequence[Piece], contents: Sequence[str]
) -> list[Piece]:
    """Give replies the white space around their words that the template keeps.

    Args:
        pieces: what the template writes; each reply is a piece without the blanks around it.
        bare: the same dialogue's pieces, had its replies no blanks around them.
        contents: the replies as they were given, by number.

    Returns:
        The pieces; what is there and not in `bare` went over to the replies. Where that is not
        white space of theirs, the template makes something else of it: then they are no
        replies word for word.
    """
    wide, narrow = _gaps(pieces), _gaps(bare)
    if [piece for _, piece in wide] != [piece for _, piece in narrow]:
        return [replace(piece, reply=None) for piece in pieces]
    result: list[Piece] = []
    before: Piece | None = None
    for (gap, after), (bare_gap, _) in zip(wide, narrow, strict=True):
        last, following = _content(before, contents), _content(after, contents)
        trailing = last[len(last.rstrip()) :]
        leading = following[: len(following) - len(following.lstrip())]
        kept = _kept(gap, bare_gap, trailing, leading)
        tail, head = kept or (0, 0)
        if before is not None:
            before = replace(before, text=before.text + gap[:tail])
            result.append(before if kept else replace(before, reply=None))
        if middle := gap[tail : len(gap) - head]:
            result.append(Piece(middle))
        if after is not None:
            after = replace(after, text=gap[len(gap) - head :] + after.text)
            after = after if kept else replace(after, reply=None)
        before = after
    return result


def between(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    """Return what stands between two places of the written text, counted in characters."""
    cut: list[Piece] = []
    at = 0
    for piece in pieces:
        text = piece.text[max(0, start - at) : max(0, end - at)]
        if text:
            cut.append(Piece(text, piece.given))
        at += len(piece.text)
    return cut


def _content(piece: Piece | None, contents: Sequence[str]) -> str:
    return "" if piece is None or piece.reply is None else contents[piece.reply]


def _gaps(pieces: Sequence[Piece]) -> list[tuple[str, Piece | None]]:
    """Return what the template wrote before each given piece, with it, and what comes last."""
    gaps: list[tuple[str, Piece | None]] = []
    gap = ""
    for piece in pieces:
        if piece.given:
            gaps.append((gap, piece))
            gap = ""
        else:
            gap += piece.text
    return [*gaps, (gap, None)]


def _kept(gap: str, bare: str, trailing: str, leading: str) -> tuple[int, int] | None:
    """Tell how many characters of a gap belong to the text before it and to the one after it.

    None if the gap is not the bare one with white space from there.
    """
    extra = len(gap) - len(bare)
    for tail in range(min(extra, len(trailing)), -1, -1):
        head = extra - tail
        if (
            head <= len(leading)
            and gap[tail : len(gap) - head] == bare
            and gap[:tail] == trailing[:tail]
            and gap[len(gap) - head :] == leading[len(leading) - head :]
        ):
            return tail, head
    return None
