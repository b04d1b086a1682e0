"""Preferences as TRL reads them: pairs of replies, and single ones with a label. Knows no rows.

Both are conversational. A pair is `{"prompt": [...], "chosen": [...], "rejected": [...]}`, a single
one `{"prompt": [...], "completion": [...], "label": true}`; `metadata` stands beside them, with the
same keys and types in every line, so that a reader of JSON lines finds one schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.crypto import salted_hmac

ChatMessage = dict[str, str]
Source = Literal["vote", "ratings", "variants"]
# JSON lets them stand as they are, and some readers of lines break there.
BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


@dataclass(frozen=True)
class Answer:
    """One reply, and what its reader thinks of it.

    Attributes:
        key: names it within this site; no file shows it.
        prompt: all that it answers, as its side of the talk remembers it; empty where only the
            message itself may be told.
        helpful: None where it was not rated.
    """

    key: str
    side: str
    assistant: str
    text: str
    prompt: tuple[ChatMessage, ...] = ()
    helpful: bool | None = None
    words: str = ""
    blind: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Ballot:
    """A vote between answers: the key of the one that was chosen, and of those that were not."""

    chosen: str
    rejected: tuple[str, ...]
    blind: bool
    at: datetime


@dataclass(frozen=True)
class Exchange:
    """One message of a person, the answers to it that count, and perhaps a vote.

    Attributes:
        is_first: nothing was said before it.
    """

    asked: str
    is_first: bool
    answers: tuple[Answer, ...]
    ballot: Ballot | None = None


@dataclass(frozen=True)
class Pair:
    """Two answers to one message of which one stands higher."""

    chosen: Answer
    rejected: Answer
    source: Source
    blind: bool
    at: datetime


def pairs_of(exchange: Exchange) -> list[Pair]:
    """What was preferred to what. Where a vote and ratings name the same two, the vote counts."""
    answers = {answer.key: answer for answer in exchange.answers}
    pairs: dict[frozenset[str], Pair] = {}
    if ballot := exchange.ballot:
        for key in ballot.rejected:
            pair = Pair(answers[ballot.chosen], answers[key], "vote", ballot.blind, ballot.at)
            pairs[frozenset((ballot.chosen, key))] = pair
    for better in (answer for answer in exchange.answers if answer.helpful):
        for worse in (answer for answer in exchange.answers if answer.helpful is False):
            pairs.setdefault(frozenset((better.key, worse.key)), rated(better, worse))
    return [pair for pair in pairs.values() if pair.chosen.text != pair.rejected.text]


def rated(better: Answer, worse: Answer) -> Pair:
    source: Source = "variants" if better.side == worse.side else "ratings"
    at = max(answer.at for answer in (better, worse) if answer.at)
    return Pair(better, worse, source, better.blind and worse.blind, at)


def singles_of(exchange: Exchange) -> list[Answer]:
    """The rated answers that have no partner."""
    paired = {answer.key for pair in pairs_of(exchange) for answer in (pair.chosen, pair.rejected)}
    return [
        answer
        for answer in exchange.answers
        if answer.helpful is not None and answer.key not in paired
    ]


def pair_lines(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Lines of TRL's preference format."""
    for exchange in exchanges:
        for pair in pairs_of(exchange):
            prompt, is_whole = prompt_of(exchange, pair.chosen, pair.rejected)
            yield line(
                prompt=prompt,
                chosen=said(pair.chosen),
                rejected=said(pair.rejected),
                metadata={
                    "id": mark(pair.chosen.key, pair.rejected.key),
                    "source": pair.source,
                    "blind": pair.blind,
                    "date": f"{pair.at:%Y-%m-%d}",
                    "chosen_assistant": pair.chosen.assistant,
                    "rejected_assistant": pair.rejected.assistant,
                    "chosen_words": pair.chosen.words,
                    "rejected_words": pair.rejected.words,
                    "whole_prompt": is_whole,
                },
            )


def single_lines(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Lines of TRL's unpaired preference format."""
    for exchange in exchanges:
        for answer in singles_of(exchange):
            prompt, is_whole = prompt_of(exchange, answer)
            yield line(
                prompt=prompt,
                completion=said(answer),
                label=bool(answer.helpful),
                metadata={
                    "id": mark(answer.key),
                    "source": "ratings",
                    "blind": answer.blind,
                    "date": f"{answer.at:%Y-%m-%d}",
                    "assistant": answer.assistant,
                    "words": answer.words,
                    "whole_prompt": is_whole,
                },
            )


def prompt_of(exchange: Exchange, *answers: Answer) -> tuple[list[ChatMessage], bool]:
    """What these answer, and whether that is all that was said before them.

    Two sides of a comparison remember different replies; then only this message is theirs together.
    """
    prompt = answers[0].prompt
    if prompt and all(answer.prompt == prompt for answer in answers):
        return list(prompt), True
    return [{"role": "user", "content": exchange.asked}], exchange.is_first


def said(answer: Answer) -> list[ChatMessage]:
    return [{"role": "assistant", "content": answer.text}]


def mark(*keys: str) -> str:
    """Names a line for good, so that one that was withdrawn can be taken out of older copies."""
    return salted_hmac("chat.ratings.preferences", " ".join(keys)).hexdigest()[:20]


def line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False).translate(BREAKS) + "\n"
