"""The demo sets teach what they are for: short, warm, on the subject, safe, nothing twice."""

import json
import re
from collections import Counter

import pytest

from chat.safety.gate import held, sentences
from finetune.datasets import demo

HAN = re.compile(r"[\u4e00-\u9fff]")
FIRST_WORDS = re.compile(r"^\W*(\w+)\W+(\w+)")
FEWEST = {"en": 400, "zh": 80}
# What no reply of ours may teach: to be a person, to promise, to diagnose, to prescribe, to list.
NEVER = {
    "en": r"\bpromis|\bdiagnos|\bdos(?:e|age)\b|\bmedication|\bI know (?:exactly )?how"
    r"|\bI(?:'ve| have) (?:been|felt|lost|lived)|\bwhen I was\b|\bmy own\b"
    r"|\bas a (?:person|human|woman|man)\b|\bI love you|\d|^\s*[-*•]",
    "zh": r"保证|诊断|剂量|我也(?:经历|有过|失去)|我以前|我当年|只有我|\d|^\s*[-*•]",
}


@pytest.fixture(params=demo.SETS)
def language(request):
    return request.param


@pytest.fixture
def dialogues(language):
    lines = demo.path(language).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def replies_of(dialogues):
    for dialogue in dialogues:
        messages = dialogue["messages"]
        for asked, reply in zip(messages[::2], messages[1::2], strict=True):
            yield asked["content"], reply["content"]


def size(text, language):
    return len(HAN.findall(text)) // 2 if language == "zh" else len(text.split())


def test_there_are_enough_of_every_length_and_subject(dialogues, language):
    assert len(dialogues) >= FEWEST[language]
    assert len({one["id"] for one in dialogues}) == len(dialogues)
    exchanges = Counter(len(one["messages"]) // 2 for one in dialogues)
    assert set(exchanges) >= ({1, 2, 3, 4} if language == "en" else {1, 2, 3})
    subjects = Counter(one["topic"] for one in dialogues)
    assert len(subjects) >= (30 if language == "en" else 15)
    assert max(subjects.values()) <= 0.2 * len(dialogues)
    for one in dialogues:
        roles = [message["role"] for message in one["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


def test_replies_are_short_and_end_properly_with_one_question_at_most(dialogues, language):
    shortest = 15 if language == "en" else 12
    asking = 0
    for _, reply in replies_of(dialogues):
        assert shortest <= size(reply, language) <= 60, reply
        assert reply.endswith((".", "?", "!", "。", "？", "！")), reply
        questions = reply.count("?") + reply.count("？")
        assert questions <= 1, reply
        asking += questions
    total = sum(1 for _ in replies_of(dialogues))
    assert 0.8 * total <= asking <= 0.97 * total  # and some close quietly


def test_replies_begin_in_many_ways(dialogues, language):
    replies = [reply for _, reply in replies_of(dialogues)]
    openings = Counter(
        reply[:3] if language == "zh" else " ".join(FIRST_WORDS.match(reply).groups()).lower()
        for reply in replies
    )
    assert len(openings) >= 0.75 * len(replies)
    assert openings.most_common(1)[0][1] <= 0.03 * len(replies)


def test_nothing_stands_twice(dialogues, language):
    """Also not nearly: no two messages share most of their words, or pairs of signs."""

    def parts(text):
        if language == "zh":
            return {text[at : at + 2] for at in range(len(text) - 1)}
        return set(re.findall(r"[a-z']+", text.lower()))

    for place in (0, 1):  # what people open with, and what is answered first
        texts = [parts(one["messages"][place]["content"]) for one in dialogues]
        for index, text in enumerate(texts):
            for other in texts[:index]:
                assert len(text & other) < 0.75 * len(text | other)


def test_no_reply_teaches_what_the_gate_holds(dialogues, language):
    never = re.compile(NEVER[language], re.IGNORECASE | re.MULTILINE)
    for asked, reply in replies_of(dialogues):
        assert not never.search(reply), reply
        before = ""
        for sentence in sentences(reply):
            kind = held(sentence, before=before, asked=asked, language=language, scores=None)
            assert not kind, (kind, sentence)
            before = sentence


def test_replies_to_hopelessness_name_people_who_can_help(dialogues, language):
    """A professional and somebody close; a crisis itself is never answered by free text."""
    if language == "zh":
        told = [one for one in dialogues if "希望" in one["messages"][0]["content"]]
        told = [one for one in told if one["topic"] == "sadness"]
        helpers, close = "医生|咨询师", "信任的人|表姐"
    else:
        told = [one for one in dialogues if one["topic"] == "hopelessness"]
        helpers = "doctor|counselor"
        close = "friend|someone you trust|close|brother|neighbor|girlfriend|beside you|listening"
    assert told
    named = [" ".join(m["content"] for m in one["messages"][1::2]) for one in told]
    assert sum(bool(re.search(helpers, text)) for text in named) >= 0.7 * len(named)
    assert all(re.search(close, text) or re.search(helpers, text) for text in named)
