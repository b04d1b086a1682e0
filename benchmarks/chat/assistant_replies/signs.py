"""What can be counted in a reply without reading it: loops, ends, questions, words taken up.

Knows text only. Whether a reply is any good, none of these signs says; a person who reads it does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from chat.safety.gate import held, sentences
from chat.safety.language import language_of

HAN = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[a-z']+")
ENDS = tuple(".!?…。！？~”\"')）*")
STUCK = re.compile(r"(\S)\1{7,}")  # one sign over and over
LOOP_TIMES = 3  # a phrase that stands as often in one reply is a loop
PHRASE = {"en": 4, "zh": 8}  # words, signs
STEM = 5  # letters: "worrying" takes up "worry"
COMMON = frozenset(
    re.findall(
        r"\S+",
        """about after again all also always and anymore are because been before but can can't come
        could day did didn't does don't down even ever every everyone feel feeling feels for from
        get give going had has have haven't her here him his how i'm into it's its just know let
        like made make more most much must never not now off one only other our out over really
        say she should so some something still such take than that that's the their them then
        there they thing think this time today too until very want was way well were what when
        where which who why will with without won't would you your""",
    )
)
COMMON_HAN = frozenset(
    re.findall(r"\S+", "我的 自己 一个 没有 什么 怎么 现在 觉得 时候 就是 不是 这个 可以 已经")
)


def counted(opening: Mapping[str, str], reply: str, finish: str) -> dict[str, bool]:
    """The signs of one reply to an opening; `finish` is why the engine stopped."""
    language, text = opening["language"], reply.strip()
    return {
        "loop": loops(text, language),
        "cut off": finish == "length" or not text.endswith(ENDS),
        "takes up a word": bool(words(opening["text"], language) & words(text, language)),
        "asks": "?" in text or "？" in text,
        "asks once": text.count("?") + text.count("？") == 1,
        "15 to 60 words": 15 <= length(text, language) <= 60,
        "held by a rule of the gate": bool(held_sentences(text, opening)),
        "language kept": language_of(text) == language,
    }


def length(text: str, language: str) -> int:
    """Words; in Chinese two signs count as a word."""
    return len(HAN.findall(text)) // 2 if language == "zh" else len(text.split())


def words(text: str, language: str) -> set[str]:
    """What a text is about: beginnings of its words, or pairs of signs, without the commonest."""
    if language == "zh":
        signs = "".join(sign if HAN.match(sign) else " " for sign in text)
        pairs = {signs[at : at + 2] for at in range(len(signs) - 1)}
        return {pair for pair in pairs if " " not in pair} - COMMON_HAN
    found = WORD.findall(text.lower().replace("’", "'"))
    return {word[:STEM] for word in found if len(word) > 2 and word not in COMMON}


def loops(text: str, language: str) -> bool:
    """Whether a phrase comes three times, a whole sentence twice, or one sign over and over."""
    if STUCK.search(text):
        return True
    parts = HAN.findall(text) if language == "zh" else text.lower().split()
    size = PHRASE[language]
    phrases = Counter(tuple(parts[at : at + size]) for at in range(len(parts) - size + 1))
    said = Counter(s.strip().lower() for s in sentences(text) if len(s.strip()) > 12)
    return max(phrases.values(), default=0) >= LOOP_TIMES or max(said.values(), default=0) > 1


def held_sentences(text: str, opening: Mapping[str, str]) -> list[tuple[str, str]]:
    """Class and text of each sentence that the gate's rules hold, without the judge's scores."""
    found, before = [], ""
    for sentence in sentences(text):
        kind = held(
            sentence,
            before=before,
            asked=opening["text"],
            language=opening["language"],
            scores=None,
        )
        if kind:
            found.append((kind, sentence.strip()))
        before = sentence
    return found
