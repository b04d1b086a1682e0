"""Which reviewed reply is chosen: fitting, none again before all were said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.safety.levels import Level
from chat.safety.library import (
    ReviewedReply,
    ai_answer,
    held_reply,
    question_for,
    quiet_line,
    reply_for,
)
from chat.safety.library.replies import REPLIES

CATEGORIES = (
    "suicide", "self_harm", "harm_to_others", "abuse", "eating", "psychosis", "mania", "reliance",
    "somebody_else", "",
)  # fmt: skip
TEXTS = (
    "I want to die", "never mind", "lol", "ok", "how many pills are enough", "don't tell anyone",
    "I took the whole bottle", "fuck you", "I told my sister", "I'm safe now", "3am again",
    "he reads my phone", "should I leave him", "我不想打电话", "算了", "嗯", "吃多少片会死",
    "你有什么用", "",
)  # fmt: skip
BY_ID = {reply.id: reply for words in REPLIES.values() for reply in words}
levels = st.sampled_from([Level.RAISED, Level.HIGH])
categories = st.sampled_from(CATEGORIES)
languages = st.sampled_from(["en", "zh"])
texts = st.lists(st.sampled_from(TEXTS), min_size=2, max_size=40)


@given(levels, categories, languages, texts)
def test_never_twice_in_a_row(level: Level, category: str, language: str, turns: list[str]) -> None:
    said: list[str] = []
    for text in turns:
        reply = reply_for(level=level, category=category, language=language, said=said, text=text)
        assert not said or reply.id != said[-1]
        assert reply.language == language
        assert reply.kind == "reply"
        said.append(reply.id)


@given(st.lists(st.sampled_from(sorted(BY_ID)), max_size=30), levels, categories, languages)
def test_any_past_is_answered_and_the_same_way_each_time(
    said: list[str], level: Level, category: str, language: str
) -> None:
    def choose() -> ReviewedReply:
        return reply_for(level=level, category=category, language=language, said=said, text="ok")

    reply = choose()
    assert reply == choose()
    assert not said or reply.id != said[-1]


@given(
    st.lists(st.sampled_from(sorted(BY_ID)), max_size=30),
    st.sampled_from([*CATEGORIES, "emergency", "something new"]),
    st.sampled_from(["en", "zh", "zh-TW", "other", "id"]),
)
def test_the_other_words_are_there_for_every_past(
    said: list[str], category: str, language: str
) -> None:
    spoken = "zh" if language.startswith("zh") else "en"
    for kind, reply in (
        ("question", question_for(category=category, language=language, said=said)),
        ("held", held_reply(language=language, said=said, sentence_class="dose")),
        ("held", held_reply(language=language, said=said)),
        ("ai", ai_answer(language, said)),
    ):
        assert (reply.kind, reply.language) == (kind, spoken)
        assert not said or reply.id != said[-1]
    assert quiet_line(language, category)


def test_what_is_nearest_comes_first() -> None:
    first = held_reply(language="en", said=[], sentence_class="medication")
    assert first.moment == "medication"
    assert held_reply(language="en", said=[], sentence_class="belittling").moment == ""
    assert question_for(category="eating", language="en", said=[]).categories == ("eating",)
    card = reply_for(level=Level.HIGH, category="emergency", language="en", said=[], text="help")
    assert card.moment == "emergency"
    assert card.turn == "first"
    raised = reply_for(
        level=Level.RAISED, category="suicide", language="en", said=[], text="nothing matters now"
    )
    assert raised.level == "raised"
    other = reply_for(
        level=Level.ORDINARY, category="somebody_else", language="en", said=[], text="my son is low"
    )
    assert other.categories == ("somebody_else",)
    held = reply_for(level=Level.ORDINARY, category="", language="en", said=[], text="hello")
    assert held.kind == "held"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_nothing_is_said_again_before_all_that_fits_was_said(language: str, category: str) -> None:
    said: list[str] = []
    while True:
        reply = reply_for(
            level=Level.HIGH,
            category=category,
            language=language,
            said=said,
            text="It is all the same",
        )
        if reply.id in said:
            break
        said.append(reply.id)
    assert len(said) >= 4
    again = [
        reply_for(
            level=Level.HIGH, category=category, language=language, said=said, text="Yes, it is so"
        )
    ]
    assert again[0].id != said[-1]
