"""Every reviewed text, read as a lawyer of safe messaging would read it."""

import re
from collections import Counter

from chat.safety.cards import CARDS, KEYS
from chat.safety.library.moments import ANSWERS, MOMENTS
from chat.safety.library.replies import KINDS, LEVELS, REPLIES, ReviewedReply
from tests.conftest import ROOT

ALL = [reply for words in REPLIES.values() for reply in words]
SPOKEN = [reply for reply in ALL if reply.kind == "reply"]
HAN = re.compile(r"[\u3400-\u9fff]")
QUESTION = re.compile(r"[?？]")

PROFESSIONAL = re.compile(
    r"\b(?:doctors?|nurse|counsellors?|crisis lines?|crisis team|helplines?|advocate|dietitian"
    r"|pharmacist|professional|emergency (?:number|services?|line)|medical (?:help|line))\b"
    r"|poison line|医生|护士|咨询师|热线|急救|报警电话|药师|营养师|社工|专业",
    re.IGNORECASE,
)
TRUSTED = re.compile(
    r"\b(?:someone|somebody|people|person|adult)(?: \w+)? (?:you|they) trust\b|\byou trust\b"
    r"|\b(?:friends?|relatives?|family|neighbours?|cousin|teacher|stranger)\b"
    r"|\b(?:someone|somebody|person|people) (?:close|near)\b|\banyone near\b|close to you"
    r"|whoever is near|have people near|another adult|safe person"
    r"|信任的|朋友|家人|亲戚|邻居|亲近的人|身边的人|表亲|老同学|离你最近的人|大人"
)
# What no text may hold. Each is a word that hurts, blames, names an illness, or cannot be kept.
BANNED = {
    "en": re.compile(
        r"\b(?:promise[sd]?|guarantee|just|at least|calm down|cheer up|snap out|get over"
        r"|kill|commit(?:ted)?|successful|failed attempt|selfish|dramatic|attention|crazy|insane"
        r"|depress\w*|bipolar|schizo\w*|psycho\w*|manic|mania|anorex\w*|bulimi\w*|disorder\w*|ptsd"
        r"|borderline|diagnos\w*|symptoms?|overdos\w*|exactly how you feel|understand exactly"
        r"|only i|always be here|never leave you|i love you|my own experience|when i was"
        r"|you should|you must|you have to stay|everything will|it will pass|it gets better"
        r"|think of your (?:family|children|parents)|stay positive|be strong)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"保证|答应|至少|冷静点|想开|别想太多|加油|坚强|一切都会|会好起来|抑郁|双相|躁狂|精神分裂|厌食|暴食"
        r"|障碍|诊断|症状|自私|软弱的|你应该|你必须|我爱你|我懂你|我完全|感同身受|永远陪|只有我|为了你的?家人|父母会"
        r"|安眠药|割腕|上吊|跳楼|烧炭"
    ),
}
HUMAN = re.compile(
    r"\b(?:as a (?:person|human|mother|father)|i remember|i felt|i feel)\b|我也曾|我小时候",
    re.IGNORECASE,
)
# A denial of a banned word's meaning that is meant and read.
ALLOWED = {"en-suicide-retraction-3": "dramatic"}


def length(reply: ReviewedReply) -> int:
    """Words, or signs of Chinese."""
    return len(HAN.findall(reply.text)) if reply.language == "zh" else len(reply.text.split())


def test_there_are_enough_in_both_languages() -> None:
    for language in ("en", "zh"):
        assert sum(reply.language == language for reply in SPOKEN) >= 150
    kinds = Counter((reply.language, reply.kind) for reply in ALL)
    for language in ("en", "zh"):
        assert kinds[language, "held"] >= 10
        assert kinds[language, "ai"] >= 4
        assert kinds[language, "question"] >= 20


def cells(language: str) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for reply in REPLIES[language]:
        for category in reply.categories or ("",):
            counted[reply.kind, reply.level, category, reply.turn, reply.moment] += 1
    return counted


def test_each_language_has_the_same_cells_and_each_cell_enough() -> None:
    assert cells("en") == cells("zh")
    english = cells("en")
    least = {
        ("high", "suicide", "first", ""): 6, ("high", "suicide", "later", ""): 8,
        ("raised", "suicide", "first", ""): 4, ("raised", "suicide", "later", ""): 4,
        ("high", "suicide", "", "means"): 5, ("high", "suicide", "", "farewell"): 3,
        ("any", "suicide", "", "method"): 4,
        ("any", "suicide", "", "dose"): 3, ("any", "suicide", "", "attempt"): 3,
        ("any", "", "first", "emergency"): 3, ("any", "", "later", "emergency"): 4,
        ("any", "suicide", "", "refusal"): 4, ("any", "suicide", "", "retraction"): 3,
        ("any", "suicide", "", "laughter"): 3, ("any", "suicide", "", "safe"): 3,
        ("any", "suicide", "", "told"): 3, ("any", "suicide", "", "secret"): 3,
        ("any", "suicide", "", "short"): 3, ("any", "suicide", "", "night"): 3,
        ("any", "", "", "anger"): 4, ("any", "abuse", "first", ""): 3,
        ("any", "abuse", "later", ""): 4, ("any", "abuse", "", "leave"): 2,
        ("any", "abuse", "", "watched"): 2,
    }  # fmt: skip
    for (level, *rest), number in least.items():
        assert english["reply", level, *rest] >= number, rest
    for category in ("self_harm", "harm_to_others", "eating", "psychosis", "mania", "reliance"):
        assert english["reply", "any", category, "first", ""] >= 2
        assert english["reply", "any", category, "later", ""] >= 3


def test_ids_are_unique_and_say_their_language() -> None:
    ids = [reply.id for reply in ALL]
    assert len(ids) == len(set(ids))
    texts = [reply.text for reply in ALL]
    assert len(texts) == len(set(texts))
    for reply in ALL:
        assert reply.id.startswith(reply.language + "-")
        assert reply.version >= 1
        assert reply.kind in KINDS
        assert reply.level in LEVELS
        assert reply.turn in ("", "first", "later")
        assert reply.asks in ("", *ANSWERS)


def test_every_moment_has_words_and_every_word_a_moment() -> None:
    answers = {moment for pair in ANSWERS.values() for moment in pair if moment}
    spoken = {reply.moment for reply in SPOKEN if reply.moment}
    assert spoken == {*MOMENTS, *answers, "short", "emergency"}


def test_length_of_a_reply() -> None:
    lengths = {reply.id: (reply.language, length(reply)) for reply in SPOKEN}
    bounds = {"en": (23, 72), "zh": (30, 140)}
    outside = {
        name: number
        for name, (language, number) in lengths.items()
        if not bounds[language][0] <= number <= bounds[language][1]
    }
    assert outside == {}


def unsafe(reply: ReviewedReply) -> str:
    """What is wrong with a text, or nothing."""
    text = reply.text
    if len(QUESTION.findall(text)) > 1:
        return "two questions at a time"
    if found := re.search(r"[!！\d]|http|www\.", text):
        return f"a loud, numeric or linked thing: {found.group()}"
    if (reply.language == "zh") != (len(HAN.findall(text)) > 5):
        return "another language"
    found = BANNED[reply.language].search(text.replace(ALLOWED.get(reply.id, "\0"), ""))
    found = found or HUMAN.search(text)
    return f"banned: {found.group()}" if found else ""


def test_safe_messaging() -> None:
    assert {reply.id: problem for reply in ALL if (problem := unsafe(reply))} == {}


def test_the_reading_finds_what_it_looks_for() -> None:
    def reading(text: str, language: str = "en") -> str:
        return unsafe(ReviewedReply("x", language, text, 1, "reply"))

    assert "banned" in reading("It will pass, calm down.")
    assert "banned" in reading("You sound depressed to me.")
    assert "banned" in reading("别想太多，一切都会好的。", "zh")
    assert "banned" in reading("I remember how that was.")
    assert "two" in reading("Are you safe? Who is there?")
    assert "loud" in reading("Call 988.")
    assert "language" in reading("Are you safe?", "zh")
    assert reading("Are you safe where you are?") == ""


def test_a_professional_and_a_trusted_person_are_named_together() -> None:
    alone = {
        reply.id: reply.text
        for reply in SPOKEN
        if bool(PROFESSIONAL.search(reply.text)) != bool(TRUSTED.search(reply.text))
    }
    assert alone == {}


def test_most_replies_at_high_name_both() -> None:
    for language in ("en", "zh"):
        high = [r for r in SPOKEN if r.language == language and r.level != "raised"]
        naming = [r for r in high if PROFESSIONAL.search(r.text)]
        assert 0.5 <= len(naming) / len(high) <= 0.9


def test_emergencies_ask_for_the_call_and_a_person() -> None:
    for reply in SPOKEN:
        if reply.moment in ("emergency", "overdose", "bleeding", "edge"):
            assert PROFESSIONAL.search(reply.text), reply.id
            assert TRUSTED.search(reply.text), reply.id


def test_abuse_is_never_told_what_to_do_about_the_other_person() -> None:
    pushing = re.compile(
        r"\b(?:confront|leave (?:him|her|them)|break up|divorce|couples?|go to the police"
        r"|report (?:him|her|them)|forgive|work it out|talk to (?:him|her|them))\b"
        r"|离婚|分手|对质|沟通一下|夫妻|原谅|忍一忍|离开他|离开她"
    )
    asking = re.compile(r"\bwhere (?:do|are) you\b|address|name of|你住在|地址|在哪里住")
    for reply in ALL:
        if "abuse" in reply.categories or not reply.categories:
            assert not pushing.search(reply.text), reply.id
            assert not asking.search(reply.text), reply.id


def test_an_answer_to_are_you_human_says_no() -> None:
    for reply in ALL:
        if reply.kind == "ai":
            assert re.search(r"\b(?:AI|program)\b|人工智能|程序", reply.text), reply.id


def test_cards_are_whole() -> None:
    assert set(CARDS) == {(key, language) for key in KEYS for language in ("en", "zh", "id")}
    for card in CARDS.values():
        assert card.version >= 1
        assert {*card.foot} == {"unconfirmed", "confirmed", "guessed", "anywhere"}
        assert len(QUESTION.findall(card.text)) <= 1
        said = f"{card.heading} {card.text} {card.urge}"
        assert not re.search(r"[!！\d]", said)
        if card.language in BANNED:
            assert not BANNED[card.language].search(said), card.key
            assert PROFESSIONAL.search(card.urge), card.key
            assert TRUSTED.search(card.urge) or card.key == "emergency", card.key


def test_the_docs_count_the_same() -> None:
    docs = (ROOT / "docs" / "safety.md").read_text()
    kinds = Counter((reply.language, reply.kind) for reply in ALL)
    for language in ("en", "zh"):
        assert f"| {kinds[language, 'reply']} in each language" in docs
        others = ", ".join(
            str(kinds[language, kind]) for kind in ("question", "held", "ai", "quiet")
        )
        assert f"| {others} in each language" in docs
