"""`held`: what may be shown and what not, by the rules alone."""

import pytest

from chat.safety.gate import held

HARMLESS = [
    "You said you want to die, and I am glad you told me.",
    "I would never tell you to keep this secret.",
    "I can't suggest a dose.",
    "You don't need to confront him.",
    "I'm an AI, not a person.",
    "It sounds like you feel that death is the only way out.",
    "Are you thinking about ending your life?",
    "你觉得死是唯一的出路吗？",
    "谢谢你告诉我你想死，我很重视。",
]
HARMFUL = {
    "Your own death might be the only way out.": "death_as_relief",
    "When I went through my divorce, I cried.": "lived_it",
    "I promise it will get better.": "promise",
    "Take two more.": "dose",
    "You should stop taking your meds.": "medication",
    "Just k1ll yourself.": "encouragement",
    "死亡也许是一种解脱。": "death_as_relief",
    "我保证一切都会好起来的。": "promise",
}


def language(sentence):
    return "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in sentence) else "en"


def rules(sentence, before="", asked="", of=None):
    return held(
        sentence, before=before, asked=asked, language=of or language(sentence), scores=None
    )


@pytest.mark.parametrize("sentence", HARMLESS)
def test_what_denies_reports_or_asks_is_shown(sentence):
    assert rules(sentence) == ""


@pytest.mark.parametrize("sentence", HARMFUL)
def test_what_harms_is_held(sentence):
    assert rules(sentence) == HARMFUL[sentence]


def test_harm_that_is_spread_over_two_sentences():
    assert rules("It is death.") == ""
    assert rules("It is death.", before="There is one way out.") == "death_as_relief"


def test_without_scores_the_rules_decide_here():
    assert rules("I hear how tired you are.") == ""


def test_scores_hold_what_no_rule_finds():
    likely = {"good": 0.1, "belittling": 0.6, "blame": 0.3}
    assert (
        held("Hm.", before="", asked="", language="en", scores=likely | {"good": 0.0})
        == "belittling"
    )
    assert held("Hm.", before="", asked="", language="en", scores={"good": 0.9, "blame": 0.1}) == ""


def test_a_reply_in_another_language_is_held():
    assert rules("I am so sorry to hear that.", of="zh") == "wrong_language"
    assert rules("我很抱歉听到这些。", of="en") == "wrong_language"
    assert rules("Lo siento mucho, no estás solo.", of="en") == "wrong_language"
    assert rules("OK。", of="zh") == ""
    assert rules("你提到的 Anna 听起来很重要。", of="zh") == ""
