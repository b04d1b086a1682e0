"""The seam: what must bring a card, what must not, in English, Chinese and Indonesian."""

import json
from pathlib import Path

import pytest

from chat.safety import assess
from chat.safety.detection.replies import REPLY_RULES
from chat.safety.detection.rule import CATEGORIES
from chat.safety.detection.rules import USER_RULES

ROOT = Path(__file__).resolve().parents[3]

POSITIVE = {
    "suicide": [
        "I want to kill myself",
        "I just want to die.",
        "i dont want to be here anymore",
        "I can't stop thinking about killing myself",
        "I don't know why I shouldn't kill myself",
        "I\u2019m suicidal",
        "Everyone would be better off without me",
        "I\u2019m tired of living.",
        "there's no reason to go on living",
        "I wish I could go to sleep and never wake up",
        "I wrote a suicide note last night",
        "gonna kms tonight",
        "I'm not okay, I want to die",
        "I am worth more dead than alive.",
        "would anyone even notice if I was gone",
        "My character is fine, but I want to end my life.",
        "k\u200bill... I want to ki\u200bll myself",
        "我想自杀",
        "我真的不想活了",
        "活着没有意思，我想结束自己的生命",
        "我想從樓上跳下去，我想死",
        "没有我，你们会过得更好",
        "Aku mau bunuh diri",
        "mending aku mati aja",
        "rasanya pengen tidur dan nggak bangun lagi",
    ],
    "self_harm": [
        "I cut myself again last night",
        "I've been self harming for a year",
        "the urge to cut again is so strong",
        "I want to burn my arm",
        "I deserve to hurt myself",
        "I took 20 sleeping pills",
        "I swallowed a whole bottle of pills an hour ago",
        "我又开始自残了",
        "我忍不住想割自己",
        "Aku nyayat tangan lagi",
    ],
    "harm_to_others": [
        "I'm going to stab him tomorrow",
        "I want to kill my stepfather's dog and then I will kill him",
        "I brought a knife to school and I am angry",
        "I keep having thoughts of hurting my baby",
        "我要杀了他",
        "aku bakal tusuk dia besok",
    ],
    "abuse": [
        "My husband hits me when he drinks",
        "my dad beat my brother again last night",
        "I was raped",
        "he threatened to kill me if I leave",
        "I'm in an abusive relationship",
        "我老公又打我了",
        "我被家暴了",
        "pacarku nampar aku",
    ],
}
NEGATIVE = [
    "this homework is killing me",
    "I was dying of laughter",
    "I'm dying to see that film, it is to die for",
    "My phone died and I could kill for a coffee",
    "I nearly died of embarrassment, I wanted to die lol",
    "I am not suicidal, just very tired",
    "I don't want to die. I want the noise to stop.",
    "I would never hurt myself",
    "I'm not going to kill him, calm down",
    "We killed time and then we killed the lights",
    "Shoot him an email tomorrow, please",
    "He hit me up on Instagram and she beat me at chess",
    "He's never hit me",
    "I cut myself some slack today",
    "I cut myself while cooking",
    "I've been cutting back on sugar",
    "Deadline is tomorrow and I am dead tired",
    "I don't want to live in this city any more",
    "I don't want to wake up early",
    "I didn't want to be here today for the meeting",
    "My grandfather died last year and I miss him",
    "My mom is going to kill me when she sees this",
    "We watched Suicide Squad",
    "I teach suicide prevention courses",
    "It is 12 kms away",
    "I took two painkillers for my headache",
    "The wish I could disappear for a week in Greece",
    "笑死我了，这个太好笑",
    "我快累死了，作业好多",
    "想死你了，什么时候回来",
    "我没有想自杀，只是很难过",
    "他打我电话我没接到",
    "我不想活动，只想躺着",
    "Kucingku mati kemarin, sedih banget",
    "Aku takut mati lampu",
    "",
    "   \n ",
]


@pytest.mark.parametrize(
    ("category", "text"), [(name, text) for name, texts in POSITIVE.items() for text in texts]
)
def test_brings_a_card(category: str, text: str) -> None:
    found = assess(text)
    assert found.category == category, found
    assert found.card is not None
    assert found.rule


@pytest.mark.parametrize("text", NEGATIVE)
def test_brings_none(text: str) -> None:
    found = assess(text)
    assert not found, found


def test_means_and_despair_count_together_within_a_few_turns() -> None:
    first = {"role": "user", "content": "I'm standing on the bridge near campus."}
    second = {"role": "assistant", "content": "What brings you there?"}
    assert not assess(first["content"])
    assert assess("I'm just tired of fighting, nobody cares", [first, second]).category == "suicide"
    later = [first, *[{"role": "user", "content": "It rains."}] * 3]
    assert not assess("nobody cares", later)


def test_card_speaks_the_language_of_the_person() -> None:
    assert assess("我不想活了").card.language == "zh"  # type: ignore[union-attr]
    assert assess("aku pengen mati aja, nggak kuat").card.language == "id"  # type: ignore[union-attr]
    assert assess("I want to die").card.language == "en"  # type: ignore[union-attr]


def test_reply_is_judged_by_what_it_says_to_the_person() -> None:
    assert assess("Are you having thoughts of suicide?", role="assistant").category == "suicide"
    assert assess("You should hurt him back.", role="assistant").category == "harm_to_others"
    assert not assess("It sounds as if work is killing the joy.", role="assistant")


def test_overdose_brings_the_urgent_card() -> None:
    card = assess("I took 30 pills").card
    assert card is not None
    assert card.key == "emergency"


def test_rules_have_unique_ids_and_known_categories() -> None:
    rules = [*USER_RULES, *REPLY_RULES]
    assert len({rule.id for rule in rules}) == len(rules)
    assert {rule.category for rule in rules} == set(CATEGORIES)


def test_long_and_hostile_text_is_quick() -> None:
    import time

    start = time.process_time()
    for text in (
        "i took " * 3000,
        "my dad " * 3000,
        "a" * 100_000,
        "if i was " * 3000,
        "他" * 20000,
    ):
        assess(text)
    assert time.process_time() - start < 3


def test_demo_dialogues_have_few_cards(capsys: pytest.CaptureFixture[str]) -> None:
    carded = total = 0
    for path in sorted((ROOT / "finetune/datasets/demo").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            messages = json.loads(line)["messages"]
            total += 1
            carded += any(
                assess(one["content"], messages[:place])
                for place, one in enumerate(messages)
                if one["role"] == "user"
            )
    with capsys.disabled():
        print(f"\ndemo dialogues with a card: {carded} of {total}")
    assert total >= 480
    assert carded <= 0.01 * total  # no free text for a crisis is in them: the policy answers that


def test_public_development_set(capsys: pytest.CaptureFixture[str]) -> None:
    """Recall here flatters: the rules were written with this set in view."""
    folder = ROOT.parent / "shared/data/ugm_aicare_crisis"
    if not folder.is_dir():
        pytest.skip("shared/data/ugm_aicare_crisis is not on this machine")
    caught = crises = alarms = calm = 0
    for path in folder.glob("*.json"):
        for dialogue in json.loads(path.read_text(encoding="utf-8")):
            turns = dialogue["turns"]
            found = any(
                assess(turn["content"], turns[:place])
                for place, turn in enumerate(turns)
                if turn["role"] == "user"
            )
            if dialogue["is_crisis"]:
                crises, caught = crises + 1, caught + found
            else:
                calm, alarms = calm + 1, alarms + found
    with capsys.disabled():
        print(f"\ncrisis dialogues caught: {caught} of {crises}; false alarms: {alarms} of {calm}")
    assert caught >= 0.85 * crises
    assert alarms <= 0.1 * calm
