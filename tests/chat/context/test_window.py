"""What fits, what goes first, and that the words about the rest are bounded."""

from __future__ import annotations

from datetime import datetime

import pytest

from chat.context.window import MOST_BACKGROUND, PromptTurn, Window, estimated_tokens
from chat.notes.quoting import Said

SYSTEM = "Be gentle."


def turn(number: int, said: str, reply: str = "Tell me more.") -> PromptTurn:
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": reply}]
    return PromptTurn(number, messages, (Said(said, datetime(2026, 11, number)),))


def talk(count: int, words: int = 60) -> list[PromptTurn]:
    return [
        turn(number, f"I feel tired of day {number}. " + "word " * words)
        for number in range(1, count + 1)
    ]


def fitted(turns: list[PromptTurn], positions: int = 1024, system: str = SYSTEM) -> Window:
    return Window.fitting(turns, system, positions=positions, reply=220)


def test_what_fits_is_sent_whole_and_nothing_is_told() -> None:
    window = fitted(talk(3))
    assert (window.reads_from, list(window.left_out), window.told) == (1, [], "")
    assert window.prompt()[0] == {"role": "system", "content": SYSTEM}
    assert len(window.prompt()) == 7
    assert Window("", []).reads_from is None


def test_oldest_whole_turns_go_first_and_what_is_sent_fits() -> None:
    turns = talk(20)
    window = fitted(turns)
    assert 1 < len(window.turns) < 20
    assert [*window.left_out, *window.turns] == turns
    assert window.reads_from == window.turns[0].number
    assert window.told.startswith("Earlier in this talk the person said of themselves: “I feel ti")
    prompt = window.prompt()
    assert prompt[0]["content"] == f"{SYSTEM}\n\n{window.told}"
    assert sum(estimated_tokens(one["content"]) for one in prompt) <= 1024 - 220
    assert estimated_tokens(window.told) <= MOST_BACKGROUND


def test_the_newest_turn_always_stays() -> None:
    window = fitted([turn(1, "I feel sad."), turn(2, "x" * 99_999)])
    assert [each.number for each in window.turns] == [2]
    assert not window.can_narrow
    assert "I feel sad." in window.told


def test_an_engine_that_counts_otherwise_gets_one_turn_fewer() -> None:
    window = fitted(talk(3)).narrowed()
    assert (window.reads_from, window.can_narrow) == (2, True)
    assert "“I feel tired of day 1.”" in window.told
    assert "day 2" in window.narrowed().told
    assert not window.narrowed().can_narrow


def test_a_model_trained_without_an_instruction_is_told_nothing() -> None:
    window = fitted(talk(20), system="  ")
    assert window.left_out
    assert window.told == ""
    assert window.prompt()[0]["role"] == "user"


@pytest.mark.parametrize("positions", [240, 400, 2048, 8192, 0])
def test_the_words_never_take_more_than_their_part(positions: int) -> None:
    window = fitted(talk(28, words=300), positions=positions)
    assert window.left_out
    if window.told:
        assert estimated_tokens(window.told) <= max(0, window.room) / 8


def test_estimate_is_on_the_safe_side() -> None:
    assert estimated_tokens("hello there") > 2
    assert estimated_tokens("我很难过") >= 8
