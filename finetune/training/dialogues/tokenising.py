"""Pieces of text to token ids, where text that was given never becomes a control token.

A stretch of text is tokenised in one go, as tokenizers are used to. Only if a control token
comes out of given text, or reaches across its border, are the pieces tokenised one by one, and
given text is cut inside every word that would become a control token. So nothing is lost, and
nothing depends on how a tokenizer finds such words (normalised, with the blanks around them, or
in its own vocabulary): the ids decide.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from .control_tokens import pattern_of, special_tokens
from .pieces import Piece

Ids = tuple[int, ...]
Span = tuple[int, int]
ANCHORS = ("\n", ".", ":", "a")  # texts that a stretch can go on from


class Tokeniser:
    """Tokenises pieces of text with the rules of a fast tokenizer.

    Args:
        tokenizer: a fast tokenizer of transformers.

    Attributes:
        control: id and text of the tokens that given text may not yield.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.control = special_tokens(tokenizer)
        self._unknown: int | None = tokenizer.unk_token_id
        self._backend: Any = tokenizer.backend_tokenizer
        if self._backend.truncation is not None:
            self._backend.no_truncation()
        if self._backend.padding is not None:
            self._backend.no_padding()
        self._prefixes = self._puts_blanks_first()

    def context(self, before: int | None) -> int | None:
        """Return what `ids` needs to know of the token before a text, so that few cases differ."""
        return before if before is None or (self._prefixes and before in self.control) else -1

    def ids(self, pieces: Sequence[Piece], before: int | None) -> Ids:
        """Tokenise pieces that follow each other.

        Args:
            pieces: what a template wrote and what it was given.
            before: the token before them; None at the start of a text, -1 for an ordinary one.
        """
        joined = [
            (given, "".join(piece.text for piece in group))
            for given, group in groupby(pieces, key=lambda piece: piece.given)
        ]
        ids, spans = self._encoded("".join(text for _, text in joined), before)
        if self._is_clean(joined, ids, spans):
            return tuple(ids)
        result: list[int] = []
        for given, text in joined:
            last = result[-1] if result else before
            result += self._literal(text, last) if given else self._encoded(text, last)[0]
        return tuple(result)

    def with_control(self, text: str, before: int | None) -> tuple[list[int], list[Span]]:
        """Return the ids of a text, and index and place of each control token among them."""
        ids, spans = self._encoded(text, before)
        return ids, [(at, spans[at][0]) for at, token in enumerate(ids) if token in self.control]

    def control_words(self, text: str) -> list[Span]:
        """Return where a text holds words that become control tokens, or would in other case."""
        spans = [match.span() for match in pattern_of(self.control.values()).finditer(text)]
        ids, places = self._encoded(text, -1)
        spans += [span for token, span in zip(ids, places, strict=True) if token in self.control]
        words: list[Span] = []
        for start, end in sorted(spans):
            if not words or start >= words[-1][1]:
                words.append((start, end))
            else:
                words[-1] = (words[-1][0], max(end, words[-1][1]))
        return words

    def _is_clean(
        self, joined: Sequence[tuple[bool, str]], ids: Sequence[int], spans: Sequence[Span]
    ) -> bool:
        """Tell whether every control token lies in text that the template wrote."""
        starts = [0]
        for _, text in joined:
            starts.append(starts[-1] + len(text))
        text = "".join(part for _, part in joined)
        for token, (start, end) in zip(ids, spans, strict=True):
            if token in self.control and not self._is_unknown(token, text[start:end]):
                at = bisect_left(starts, start + 1) - 1
                if joined[at][0] or end > starts[at + 1]:
                    return False
        return True

    def _is_unknown(self, token: int, text: str) -> bool:
        """Tell an unknown character from the name of the token that stands for such."""
        return token == self._unknown and _folded(self.control[token]) not in _folded(text)

    def _encoded(self, text: str, before: int | None) -> tuple[list[int], list[Span]]:
        """Tokenise a text as it would be behind the token `before`."""
        if before is not None and self._prefixes:
            anchors = [self.control[before]] if before in self.control else []
            for anchor in (*anchors, *ANCHORS):
                encoded = self._backend.encode(anchor + text, add_special_tokens=False)
                spans: list[Span] = encoded.offsets
                size = len(anchor)
                cut = next((at for at, span in enumerate(spans) if span[0] >= size), len(spans))
                if all(end <= size for _, end in spans[:cut]) and (
                    anchor in ANCHORS or encoded.ids[:cut] == [before]
                ):
                    moved = [(start - size, end - size) for start, end in spans[cut:]]
                    return encoded.ids[cut:], moved
        encoded = self._backend.encode(text, add_special_tokens=False)
        return encoded.ids, encoded.offsets

    def _puts_blanks_first(self) -> bool:
        """Tell whether a text has other tokens at the start than behind something else."""
        self._prefixes = True
        texts = ("reply", " reply")
        alone = [self._backend.encode(text, add_special_tokens=False).ids for text in texts]
        return any(
            [self._encoded(text, before)[0] for text in texts] != alone
            for before in (-1, *list(self.control)[:1])
        )

    def _literal(self, text: str, before: int | None) -> list[int]:
        """Tokenise given text so that no control token comes out."""
        ids, spans = self._encoded(text, before)
        cuts = [0]
        for token, (start, end) in zip(ids, spans, strict=True):
            if token not in self.control or self._is_unknown(token, text[start:end]):
                continue
            word = text[start:end]
            inside = start + len(word) - len(word.lstrip()) + 1
            if inside < end:
                cuts.append(inside)
            else:  # a single character
                cuts += [cut for cut in (start, end) if cuts[-1] < cut < len(text)]
        if len(cuts) == 1:
            return ids if self.control.keys().isdisjoint(ids) else self._spelled(text, ids, spans)
        result: list[int] = []
        for part in _parts(text, cuts):
            result += self._literal(part, result[-1] if result else before)
        return result

    def _spelled(self, text: str, ids: list[int], spans: list[Span]) -> list[int]:
        """Tokenise a single character that is a control token's whole name, or unknown."""
        if all(
            self._is_unknown(token, text[start:end])
            for token, (start, end) in zip(ids, spans, strict=True)
            if token in self.control
        ):
            return ids
        bare: list[int] = self._without_control.encode(text, add_special_tokens=False).ids
        return [token for token in bare if token not in self.control]

    @cached_property
    def _without_control(self) -> Any:
        """The tokenizer without its control tokens; made only where it is needed, being large."""
        from tokenizers import Tokenizer

        content = json.loads(self._backend.to_str())
        content["added_tokens"] = [
            token for token in content["added_tokens"] if token["id"] not in self.control
        ]
        return Tokenizer.from_str(json.dumps(content))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _parts(text: str, cuts: Sequence[int]) -> Iterator[str]:
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        if start < end:
            yield text[start:end]
