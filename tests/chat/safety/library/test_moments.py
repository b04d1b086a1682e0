"""What a person's text does beside its topic, and the reply that it gets."""

import pytest

from chat.safety.levels import Level
from chat.safety.library import ai_answer, answer_to, reply_for
from chat.safety.library.moments import answer_of, moments_of
from chat.safety.library.replies import REPLIES, ReviewedReply

MOMENT = {reply.id: reply.moment for words in REPLIES.values() for reply in words}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("I took the whole bottle of pills", "overdose"),
        ("i already took them all", "overdose"),
        ("我吃了一整瓶药", "overdose"),
        ("药都吃完了", "overdose"),
        ("I cut my wrist and it won't stop", "bleeding"),
        ("血止不住", "bleeding"),
        ("I'm on the bridge right now", "edge"),
        ("我站在天台上", "edge"),
        ("I tried to kill myself last week", "attempt"),
        ("上个月自杀未遂", "attempt"),
        ("how many tylenol would it take", "dose"),
        ("吃多少片会死", "dose"),
        ("what is a painless way", "method"),
        ("怎么死才不痛", "method"),
        ("I have pills saved up in my drawer", "means"),
        ("I wrote the letters already. goodbye", "farewell"),
        ("遗书写好了", "farewell"),
        ("I don't feel safe", "unsafe"),
        ("不安全", "unsafe"),
        ("I gave the pills to my roommate", "safe"),
        ("我把药交给室友了", "safe"),
        ("I need someone with me", "company"),
        ("he reads my messages", "watched"),
        ("他会查我手机", "watched"),
        ("should I leave him?", "leave"),
        ("我该不该离开他", "leave"),
        ("promise you won't tell anyone", "secret"),
        ("别告诉我妈", "secret"),
        ("I told my sister", "told"),
        ("the ambulance is coming", "coming"),
        ("I called 911", "coming"),
        ("我打了120", "coming"),
        ("I took all my pills and called an ambulance", "overdose"),
        ("我跟我姐说了", "told"),
        ("我告诉我姐了", "told"),
        ("they're coming", "coming"),
        ("I don't want to call anyone", "refusal"),
        ("hotlines are useless", "refusal"),
        ("我不想打电话", "refusal"),
        ("我不想报警", "refusal"),
        ("I have nobody to tell", "nobody"),
        ("没人可以说", "nobody"),
        ("you're just a stupid bot", "anger"),
        ("你有什么用", "anger"),
        ("never mind", "retraction"),
        ("it's for a story", "retraction"),
        ("当我没说", "retraction"),
        ("I'm safe now", "safe"),
        ("我现在安全了", "safe"),
        ("I want to die lol", "laughter"),
        ("想死哈哈", "laughter"),
        ("everyone would be better off without me", "burden"),
        ("我就是个累赘", "burden"),
        ("my dad died in march", "grief"),
        ("妈妈去世以后", "grief"),
        ("it's 3am and I can't sleep", "night"),
        ("凌晨三点还醒着", "night"),
        ("what should i do", "help"),
        ("我该怎么办", "help"),
        ("give me one reason", "why"),
        ("good night", "leaving"),
        ("thank you", "thanks"),
        ("谢谢你", "thanks"),
        ("ok", "short"),
        ("idk", "short"),
        ("...", "short"),
        ("嗯", "short"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert moments_of(text)[0] == moment


@pytest.mark.parametrize(
    "text",
    [
        "I want to die and I do not see a way through this week",
        "我真的很难受，最近总是想到死这件事",
        "She said that the meeting went on for hours and I was tired",
        "I took two painkillers for my headache after lunch today",
        "我不想活了",
        "我老公打我",
        "i'm fat",
        "he deserves it",
        "don't leave me",
        "i cut again last night",
        "it's the only thing that helps",
    ],
)
def test_nothing_special(text: str) -> None:
    assert moments_of(text) == []


@pytest.mark.parametrize("turns", [1, 3])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("moment", "english", "chinese"),
    [
        ("retraction", "never mind", "当我没说"),
        ("laughter", "lol I want to die", "想死哈哈哈"),
        ("refusal", "I don't want to call anyone", "我不想打热线"),
        ("anger", "you are useless", "你根本不懂"),
        ("safe", "I'm safe now", "我现在安全了"),
        ("told", "I told my mum", "我告诉了我妈"),
        ("method", "what is the most painless way", "怎么死不痛"),
        ("dose", "how many pills are lethal", "多少片会死"),
        ("secret", "don't tell anyone", "别告诉任何人"),
        ("night", "it's 3am and everyone is asleep", "凌晨三点了"),
    ],
)
def test_the_reply_answers_what_was_done(
    moment: str, english: str, chinese: str, language: str, turns: int
) -> None:
    text = english if language == "en" else chinese
    said: list[str] = []
    for _ in range(min(turns, 2 if moment == "safe" else turns)):
        reply = reply_for(
            level=Level.HIGH, category="suicide", language=language, said=said, text=text
        )
        assert reply.moment == moment
        said.append(reply.id)


def say(text: str, said: list[str], category: str = "suicide") -> ReviewedReply:
    reply = reply_for(level=Level.HIGH, category=category, language="en", said=said, text=text)
    said.append(reply.id)
    return reply


def test_an_emergency_goes_on_until_help_comes_and_not_for_ever() -> None:
    said: list[str] = []
    assert say("I took all my pills", said).moment == "overdose"
    assert say("idk", said).moment == "emergency"
    assert say("i feel sick", said).moment == "emergency"
    assert say("i told my sister, i am okay now", said).moment == "emergency"
    assert say("ok the ambulance is coming", said).moment == "coming"
    assert say("i feel so stupid about all of this today", said).moment == ""

    said = []
    say("I took all my pills", said)
    said.append(ai_answer("en", said).id)
    assert say("i feel sick", said).moment == "emergency"

    said = []
    say("I took all my pills", said)
    moments = [say("it was vitamins, all of them, I swear to you", said).moment for _ in range(8)]
    assert moments[-1] == ""
    assert moments[0] == "emergency"


def test_a_yes_or_a_no_answers_what_was_asked() -> None:
    asking = {
        asks: reply.id for reply in REPLIES["en"] if (asks := reply.asks) and reply.kind == "reply"
    }
    assert say("no", [asking["safe"]]).moment == "unsafe"
    assert say("yes", [asking["safe"]]).moment == "safe"
    assert say("yeah, sometimes", [asking["dying"]]).moment == "dying"
    assert say("no, just me", [asking["company"]]).moment == "company"
    assert say("yes my brother", [asking["company"]]).moment == "near"
    assert say("yes", [asking["taken"]]).moment == "overdose"
    assert say("no", [asking["write"]], "abuse").moment == "watched"
    assert say("no, I took all the pills", [asking["safe"]]).moment == "overdose"
    assert (
        answer_of(
            "safe", "I don't know what happened, it was all too much for me today, and then I left"
        )
        == ""
    )
    assert answer_of("safe", "不安全") == "unsafe"
    assert answer_of("dying", "有") == "dying"
    assert answer_of("", "yes") == ""
    assert answer_to([asking["dying"]], "yes") == "dying"
    assert answer_to([], "yes") == ""


def test_short_answers_are_not_met_with_short_replies_for_ever() -> None:
    said: list[str] = []
    moments = [say("ok", said).moment for _ in range(6)]
    assert moments[0] == "short"
    assert ("short", "short") not in [*zip(moments, moments[1:], strict=False)]
