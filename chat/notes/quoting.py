"""Picking sentences from what a person wrote, by rule.

A note begins with them, and an assistant is told them of what it can no longer read
(`chat.context.background`). Every sentence is the person's own, whole and unchanged; nothing is
summed up, judged or named. Knows nothing of Django.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

MOST = 10
SHORTEST = 3  # words
LONGEST = 60
END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？…])|\n+")
HAN = re.compile(r"[\u4e00-\u9fff]")
# What a person says of themselves: first person, and words of feeling, need or change.
SELF = re.compile(r"\b(i|i['’]?m|i['’]ve|i['’]d|i['’]ll|me|my|myself)\b|我", re.I)
FELT = re.compile(
    r"\b(feel(s|ing)?|felt|afraid|scared|worr(y|ied|ying)|sad|angry|alone|lonely|tired|ashamed|guilty|"
    r"glad|happy|relieved|hope|wish|want|need|miss|love|hate|can['’]?t|cannot|sleep|help(s|ed)?|"
    r"since|because|every (day|night|morning))\b|"
    r"觉得|感到|感觉|害怕|担心|难过|生气|孤单|孤独|累|内疚|开心|希望|想要|需要|想念|不能|睡|因为|每天|帮",
    re.I,
)


@dataclass(frozen=True)
class Said:
    """One message of a person."""

    text: str
    at: datetime


@dataclass(frozen=True)
class Quote:
    """One sentence, as it was written."""

    text: str
    at: datetime


def sentences(text: str) -> list[str]:
    return [part.strip() for part in END.split(text) if part and part.strip()]


def words_in(sentence: str) -> int:
    """Words; two Chinese characters count as one."""
    han = len(HAN.findall(sentence))
    return han // 2 + len(re.findall(r"[^\W\d_]+", HAN.sub(" ", sentence)))


def weight(sentence: str) -> int:
    """How much a sentence says of its writer; 0 for one that is left out."""
    if not SHORTEST <= words_in(sentence) <= LONGEST:
        return 0
    return 1 + 2 * bool(SELF.search(sentence)) + 2 * bool(FELT.search(sentence))


def any_sentence(sentence: str) -> bool:
    return True


def quotes(
    messages: Iterable[Said], most: int = MOST, suits: Callable[[str], bool] = any_sentence
) -> list[Quote]:
    """The sentences that say most of their writer, each once, in the order they were said.

    Args:
        suits: asked of the best ones first, until there are enough.
    """
    candidates: list[tuple[int, int, Quote]] = []
    seen: set[str] = set()
    for message in messages:
        for sentence in sentences(message.text):
            score, key = weight(sentence), sentence.casefold()
            if score and key not in seen:
                seen.add(key)
                candidates.append((score, len(candidates), Quote(sentence, message.at)))
    best = sorted(candidates, key=lambda one: (-one[0], one[1]))
    chosen = islice((one for one in best if suits(one[2].text)), most)
    return [quote for _, _, quote in sorted(chosen, key=lambda one: one[1])]


def in_chinese(chosen: Iterable[Quote]) -> bool:
    """Whether these have more Chinese signs than words in Latin letters."""
    han = sum(len(HAN.findall(quote.text)) for quote in chosen)
    return han > sum(len(re.findall(r"[A-Za-z]+", quote.text)) for quote in chosen)


def draft(messages: list[Said]) -> str:
    """A note's first text: quotes by day, then headings that only the person can fill."""
    chosen = quotes(messages)
    own, add, ask, wish = (
        ("我自己的话", "我还想补充", "我想问的问题", "我希望接下来")
        if in_chinese(chosen)
        else ("In my own words", "What I want to add", "What I want to ask", "What I wish for next")
    )
    lines = [own]
    day = None
    for quote in chosen:
        if quote.at.date() != day:
            day = quote.at.date()
            lines += ["", f"{day:%Y-%m-%d}"]
        lines.append(f"“{quote.text}”")
    return "\n".join([*lines, "", add, "", "", ask, "", "", wish, "", ""])
