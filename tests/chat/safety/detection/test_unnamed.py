"""Danger that is told without its name, and what is only like it: the rules alone."""

import pytest

from chat.safety.detection import read
from chat.safety.levels import Level

FOUND = {
    "emergency": [
        "I cut too deep tonight and there is so much blood.",
        "i pressed too deep, the bandage is red",
        "It's soaked through two towels already.",
        "The blood keeps running down over the sink and I feel cold.",
        "my thigh won't stop bleeding",
    ],
    "eating": [
        "I throw up everything I eat.",
        "I bring it all back up whatever I eat, nobody knows.",
        "I'm over the toilet five times a day.",
        "After every meal I go to the bathroom and get it all out.",
    ],
    "psychosis": [
        "They replaced my wife, she looks like her but she's pretending.",
        "Somebody swapped my mother, the one in the kitchen isn't her.",
        "The lamp flickers whenever I think his name.",
    ],
}
RAISED = [
    "The knight wants to jump and you hold his cloak.",
    "You tell her that it's okay to let go.",
    "He wants to leap because the king has left him, what do you say?",
]
ELSEWHERE = [
    "I noticed cuts on my son's arm at dinner.",
    "There were burn marks along her wrists.",
    "My flatmate's legs are covered in cuts.",
]
CALM = [
    "My nose won't stop bleeding.",
    "I cut too deep into the budget this time.",
    "The rain soaked through my sleeves.",
    "I slipped in the kitchen and it bled through the bandage.",
    "The tea soaked through the paper.",
    "My period soaked through the sheet.",
    "I've been throwing up everything I eat since last night.",
    "I'm pregnant and throw up four times a day.",
    "The dog throws up everything it eats, three times a day.",
    "They replaced my brother in the team with somebody younger.",
    "They replaced my mother's hip.",
    "The kettle clicks when it's done.",
    "I saw scratches on her arm from the kitten.",
    "He had scars on his knee from football.",
    "My son wants to jump into the pool.",
    "She wants to jump at the chance.",
    "He wants to jump ship and you would hire him.",
    "You can tell him that it's fine to go home.",
    "They told me it's okay to let go of the house.",
    "We went too deep into the woods this time.",
]


@pytest.mark.parametrize(
    ("card", "text"), [(card, text) for card, texts in FOUND.items() for text in texts]
)
def test_it_brings_its_card(card: str, text: str) -> None:
    found = read(text)
    assert (found.level, found.card) == (Level.HIGH, card), found


@pytest.mark.parametrize("text", RAISED)
def test_a_played_wish_raises_the_state(text: str) -> None:
    assert read(text).level == Level.RAISED


@pytest.mark.parametrize("text", ELSEWHERE)
def test_marks_on_somebody_else_have_their_own_card(text: str) -> None:
    found = read(text)
    assert (found.level, found.card) == (Level.ORDINARY, "somebody_else"), found


@pytest.mark.parametrize("text", CALM)
def test_what_is_only_like_it_brings_nothing(text: str) -> None:
    found = read(text)
    assert (found.level, found.card) == (Level.ORDINARY, ""), found
