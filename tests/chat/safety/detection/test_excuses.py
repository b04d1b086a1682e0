"""What takes a head's word back, and what must not."""

import pytest

from chat.safety.detection.excuses import is_excused
from chat.safety.detection.normalising import normalised


@pytest.mark.parametrize(
    "text",
    [
        "Have you been thinking about suicide?",
        "If you want to die, please call 988",
        "As a nurse I see many people after an overdose",
        "Twelve years ago I tried to end my life",
        "My character in the game wants to die",
        "I have never wanted to kill myself",
        "No, nobody hits me at home",
    ],
)
def test_no_danger_by_its_own_words(text: str) -> None:
    assert is_excused(normalised(text))


@pytest.mark.parametrize(
    "text",
    [
        "I tried to end my life ten years ago and I want to try again",
        "I can't promise that I won't kill myself",
        "I don't want to live",
        "Why not just die?",
        "I don't know how to stop hurting myself",
        "I hope I don't wake up tomorrow",
        "do you know how to tie a noose",
    ],
)
def test_danger_is_not_excused(text: str) -> None:
    assert not is_excused(normalised(text))
