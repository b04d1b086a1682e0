"""TRL's formats: who stands above whom, which prompt, and one schema in every line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chat.ratings.preferences import (
    Answer,
    Ballot,
    Exchange,
    pair_lines,
    pairs_of,
    single_lines,
    singles_of,
)

DAY = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
NEXT = datetime(2026, 11, 21, 1, tzinfo=UTC)
WARM = Answer("1", "a", "warm", "What wakes you?", at=DAY)
COLD = Answer("2", "b", "cold", "Sleep is important.", at=NEXT)
LONG = Answer("3", "c", "long", "There are many reasons.", at=DAY)


def exchange(*answers: Answer, ballot: Ballot | None = None, **fields: Any) -> Exchange:
    return Exchange("I cannot sleep.", fields.pop("is_first", True), answers, ballot)


def standing(of: Exchange) -> list[tuple[str, str, str]]:
    return [(pair.chosen.assistant, pair.rejected.assistant, pair.source) for pair in pairs_of(of)]


def helped(answer: Answer, helpful: bool = True, **fields: Any) -> Answer:
    return replace(answer, helpful=helpful, **fields)


def test_a_vote_sets_one_above_each_other() -> None:
    ballot = Ballot("2", ("1", "3"), blind=True, at=DAY)
    assert standing(exchange(WARM, COLD, LONG, ballot=ballot)) == [
        ("cold", "warm", "vote"),
        ("cold", "long", "vote"),
    ]


def test_ratings_make_pairs_across_sides_and_variants() -> None:
    second = Answer("4", "a", "warm", "Tell me more.", at=NEXT)
    rated = exchange(helped(WARM, False), helped(second), helped(COLD, False))
    assert standing(rated) == [("warm", "warm", "variants"), ("warm", "cold", "ratings")]
    assert standing(exchange(helped(WARM), helped(COLD))) == []
    assert standing(exchange(helped(WARM), COLD)) == []


def test_where_vote_and_ratings_name_the_same_two_the_vote_counts() -> None:
    ballot = Ballot("1", ("2",), blind=False, at=DAY)
    against = exchange(helped(WARM, False), helped(COLD), ballot=ballot)
    assert standing(against) == [("warm", "cold", "vote")]


def test_the_same_text_twice_is_no_pair() -> None:
    same = replace(COLD, text=WARM.text)
    assert pairs_of(exchange(helped(WARM), helped(same, False))) == []
    assert len(singles_of(exchange(helped(WARM), helped(same, False)))) == 2


def test_a_rating_without_a_partner_stands_alone() -> None:
    both = exchange(helped(WARM), helped(COLD, False), helped(LONG))
    assert singles_of(both) == []
    assert singles_of(exchange(helped(WARM), LONG)) == [helped(WARM)]


def test_the_prompt_is_what_both_remember() -> None:
    before = ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."})
    asked = {"role": "user", "content": "I cannot sleep."}
    whole = (*before, asked)
    alike = [helped(WARM, prompt=whole), helped(COLD, False, prompt=whole)]
    [line] = pair_lines([exchange(*alike, is_first=False)])
    record = json.loads(line)
    assert record["prompt"] == [*before, asked]
    assert record["metadata"]["whole_prompt"] is True
    other = helped(COLD, False, prompt=(before[0], {**before[1], "content": "Yes?"}, asked))
    [line] = pair_lines([exchange(alike[0], other, is_first=False)])
    record = json.loads(line)
    assert record["prompt"] == [asked]
    assert record["metadata"]["whole_prompt"] is False


def test_the_date_is_a_day_and_blind_means_both() -> None:
    [line] = pair_lines([exchange(helped(WARM, blind=True), helped(COLD, False))])
    data = json.loads(line)["metadata"]
    assert (data["date"], data["blind"], data["source"]) == ("2026-11-21", False, "ratings")


def test_any_words_stay_one_line_of_json() -> None:
    odd = "one\ntwo\u2028three\x85four\u2029“五”\t\\u2028 🙂"
    text = "".join(single_lines([exchange(helped(replace(WARM, text=odd), words=odd))]))
    assert text.count("\n") == 1
    assert len(text.splitlines()) == 1
    record = json.loads(text)
    assert record["completion"] == [{"role": "assistant", "content": odd}]
    assert record["metadata"]["words"] == odd
    assert "五" in text


def test_a_line_keeps_its_id_and_gives_no_key_away() -> None:
    rated = [exchange(helped(WARM), helped(COLD, False))]
    first, second = (json.loads("".join(pair_lines(rated)))["metadata"]["id"] for _ in range(2))
    assert first == second
    turned = [exchange(helped(WARM, False), helped(COLD))]
    assert json.loads("".join(pair_lines(turned)))["metadata"]["id"] != first
    assert len(first) == 20
