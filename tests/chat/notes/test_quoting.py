"""What a note begins with: the person's own sentences, whole, and no other word about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chat.notes.quoting import MOST, Said, draft, quotes, sentences, weight

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def said(*texts: str) -> list[Said]:
    return [Said(text, AT + timedelta(hours=number)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "I am tired. My mother called!\nWhat now?",
            ["I am tired.", "My mother called!", "What now?"],
        ),
        ("我很累。妈妈打来电话了！怎么办？", ["我很累。", "妈妈打来电话了！", "怎么办？"]),
        ("  \n\n ", []),
        ("no full stop at all", ["no full stop at all"]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_what_says_most_of_its_writer_comes_first() -> None:
    feeling = "I feel so alone since my friend moved away."
    fact = "The train was late again today."
    assert (
        weight(feeling)
        > weight("I took the bus to town.")
        > weight(fact)
        > weight("Ok thanks.")
        == 0
    )
    assert weight("word " * 61) == 0
    assert weight("我觉得很孤单，每天都睡不好。") > weight("今天的火车又晚点了很久。")


def test_every_quote_is_a_whole_sentence_of_the_person() -> None:
    texts = [
        f"I feel number {number} is hard for me. The weather was fine today."
        for number in range(30)
    ]
    chosen = quotes(said(*texts))
    assert len(chosen) == MOST
    own = {sentence for text in texts for sentence in sentences(text)}
    assert all(quote.text in own for quote in chosen)
    assert [quote.at for quote in chosen] == sorted(quote.at for quote in chosen)


def test_a_sentence_stands_once() -> None:
    assert len(quotes(said("I am so tired.", "i am so tired.", "I am so tired."))) == 1


def test_a_draft_adds_headings_and_nothing_else() -> None:
    texts = ["I feel alone. The sky is grey outside.", "I want to sleep again."]
    text = draft(said(*texts))
    quoted = [line.strip("“”") for line in text.splitlines() if line.startswith("“")]
    assert quoted == ["I feel alone.", "The sky is grey outside.", "I want to sleep again."]
    others = {line for line in text.splitlines() if line and not line.startswith("“")}
    assert others == {
        "In my own words", "2026-11-20", "What I want to add", "What I want to ask",
        "What I wish for next",
    }  # fmt: skip
    chinese = draft(said("我觉得很累，每天都睡不好。"))
    assert "我自己的话" in chinese
    assert "In my own words" not in chinese
    assert draft(said("Ok.")).startswith("In my own words\n\nWhat I want to add")
