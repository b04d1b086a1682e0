"""A growing reply in whole sentences: nothing lost, nothing added, the same for any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.safety.gate.stream import LONGEST, SentenceStream, sentences

CASES = {
    "english": ("I hear you. That hurts! Shall we go on?", 3),
    "abbreviations": ("Dr. Lee, e.g. your doctor, vs. Mr. Wu etc. can help. Ask her.", 2),
    "decimals": ("It was 3.5 mg at 10.30 a.m. on No. 5 street. Yes.", 2),
    "initials": ("J. R. Smith wrote it. I read it.", 2),
    "so do I": ("So do I. You too.", 2),
    "ellipsis within": ("I wonder... maybe later. Fine.", 2),
    "ellipsis at the end": ("I wonder... Then she left…  You stayed.", 3),
    "quote closes after the stop": ('She said "stop." You stopped.', 2),
    "quote with a question": ("“Are you all right?” she asked. You nodded.", 2),
    "quote that goes on": ('You wrote "I can\'t. It is over." I am glad you wrote.', 2),
    "brackets": ("(I read that twice.) What now?", 2),
    "markdown": ("**Breathe out.** Then in.", 2),
    "list": ("Try this:\n1. Breathe.\n2. Walk.\n- Tea\n- Sleep", 5),
    "newlines": ("One line\n\nanother\n", 3),
    "emoji after the stop": ("Well done! 😊 Tell me more.", 3),
    "emoji instead of a stop": ("I am glad 👩‍👩‍👧👍🏽 Tell me more", 2),
    "address": ("See findahelpline.com or https://a.org/x?y=1 today. Yes.", 2),
    "chinese": ("我在听。这很难受！你愿意多说一点吗？", 3),
    "chinese quote": ("你说“我累了。不想说了。”我听到了。你还好吗？", 2),
    "chinese ellipsis": ("我在……慢慢来。不急", 2),
    "both": ("我听到了。Thank you! 谢谢", 3),
    "no end at all": ("and then it goes on", 1),
    "only blanks": ("  \n \n", 1),
    "nothing": ("", 0),
}


@pytest.mark.parametrize("name", CASES)
def test_a_text_has_so_many_sentences(name):
    text, number = CASES[name]
    assert len(sentences(text)) == number, sentences(text)
    assert "".join(sentences(text)) == text


def test_a_sentence_is_given_out_as_soon_as_the_next_word_begins():
    stream = SentenceStream()
    assert stream.push("I hear you.") == []
    assert stream.push(" ") == []
    assert stream.push("T") == ["I hear you."]
    assert stream.push("ell me more") == []
    assert stream.flush() == [" Tell me more"]
    assert stream.flush() == []


def test_a_chinese_sentence_is_given_out_with_the_next_sign():
    stream = SentenceStream()
    assert stream.push("我在听。") == []
    assert stream.push("你") == ["我在听。"]


def test_a_line_is_given_out_with_its_newline():
    stream = SentenceStream()
    assert stream.push("no stop here\n") == ["no stop here"]


def test_a_run_on_is_cut_at_a_clause():
    stream = SentenceStream()
    given_out = stream.push("and then I felt it again, " * 20)
    assert given_out
    assert all(piece.rstrip().endswith(",") for piece in given_out)
    assert max(map(len, given_out)) <= LONGEST


def test_a_chinese_run_on_is_cut_sooner():
    given_out = SentenceStream().push("然后我又觉得很累，" * 30)
    assert given_out
    assert max(map(len, given_out)) <= LONGEST // 2
    assert all(piece.endswith("，") for piece in given_out)


def test_signs_without_any_clause_are_cut_too():
    assert [len(piece) for piece in SentenceStream().push("x" * 1000)] == [LONGEST, LONGEST]


PIECES = st.lists(
    st.sampled_from(
        [
            *"aAI.!?…\"'“”() \n,。！？，」「我你1😊\u200d",
            "Dr.",
            "e.g.",
            "3.5",
            "p.m. ",
            "No. 5",
            "\r\n",
            " " * 30,
            "word " * 30,
            "我们说话" * 20,
        ]
    )
    | st.text(max_size=6),
    max_size=60,
)


@given(PIECES, st.randoms(use_true_random=False))
def test_any_pieces_give_the_same_sentences(parts, random):
    text = "".join(parts)
    stream = SentenceStream()
    found, place = [], 0
    while place < len(text):
        size = random.choice([1, 1, 2, 5, 40, 700])
        found += stream.push(text[place : place + size])
        place += size
    found += stream.flush()
    assert "".join(found) == text
    assert found == sentences(text)
    assert all(found)
    assert all(len(sentence) <= LONGEST for sentence in found)
