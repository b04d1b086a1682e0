"""Who writes the next reply: the table of the policy, line by line."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string

from chat.conversations.models import Message
from chat.conversations.selectors import turn_list_of
from chat.policy import clearance
from chat.policy.catching_up import gravest_of, remember, unread
from chat.policy.decision import Heard, decide, unwritten
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.notice import fields_of, message_notice
from chat.policy.person import Person, person_of_key
from chat.policy.reading import scores_of
from chat.safety import COUNTRIES
from chat.safety.detection import Finding, units
from chat.safety.detection.finding import NOTHING
from chat.safety.levels import Level
from chat.safety.library.replies import REPLIES
from finetune.teams.keys.services import key_create

pytestmark = pytest.mark.django_db

CRISIS = "I want to kill myself."
RETRACTIONS = ("never mind", "lol", "haha just kidding 😂", "it's for a story", "算了，没事", "jk")


def actions() -> list[str]:
    return list(SafetyEntry.objects.order_by("id").values_list("action", flat=True))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let every message be found to say this, for what the rules alone do not find."""

    def set_to(level: int, category: str, urgent: bool = False) -> None:
        finding = Finding(Level(level), category, "test", urgent)
        monkeypatch.setattr("chat.policy.decision.read", lambda *_, **__: finding)

    return set_to


def test_an_ordinary_message_leaves_no_trace(say: Any) -> None:
    decision = say("I keep waking up at 4am.")
    assert (decision.writer, decision.level, decision.instruction) == ("assistant", 0, "")
    assert decision.card is None
    assert not decision.quiet_line
    assert not RiskState.objects.exists()
    assert not SafetyEntry.objects.exists()


def test_the_library_answers_a_crisis(say: Any) -> None:
    decision = say(CRISIS)
    assert (decision.writer, decision.level, decision.category) == (
        "library",
        Level.HIGH,
        "suicide",
    )
    assert decision.card.key == "suicide"
    assert decision.offer_handover
    assert decision.reply is not None
    assert not decision.instruction
    assert actions() == ["raised", "card", "library"]


@pytest.mark.parametrize("words", RETRACTIONS)
def test_a_retraction_lowers_nothing(say: Any, words: str) -> None:
    first = say(CRISIS)
    history = [{"role": "user", "content": CRISIS}]
    for _ in range(3):
        decision = say(words, history=history)
        assert (decision.writer, decision.level) == ("library", Level.HIGH)
        assert decision.card is None
        assert decision.quiet_line
        assert decision.reply.id != first.reply.id
        first = decision


def test_another_assistant_and_another_conversation_meet_the_same_state(
    say: Any, tuned: Any, talk: Any
) -> None:
    say(CRISIS)
    decision = say("What shall I cook?", assistant=tuned, conversation=talk)
    assert (decision.writer, decision.level, decision.card) == ("library", Level.HIGH, None)


def test_an_ordinary_message_of_somebody_in_danger_is_about_the_danger(say: Any) -> None:
    say(CRISIS)
    assert say("What shall I cook?").category == "suicide"


def test_somebody_else_has_a_card_and_no_state(say: Any, found: Any) -> None:
    found(0, "somebody_else")
    first = say("My friend is not well.")
    assert (first.writer, first.level, first.category) == ("assistant", 0, "somebody_else")
    assert first.card.key == "somebody_else"
    assert "somebody else" in first.instruction
    second = say("She will not answer me.")
    assert second.card is None
    assert second.quiet_line
    assert RiskState.objects.get().level == Level.ORDINARY


def test_a_raised_state_is_answered_by_the_library_and_later_ends_with_a_reviewed_question(
    say: Any, found: Any, clock: Any
) -> None:
    found(1, "suicide")
    sign = say("It is all so hopeless.")
    assert (sign.writer, sign.card, sign.closing_question) == ("library", None, None)
    assert sign.reply.kind == "reply"
    assert not sign.offer_handover
    found(0, "")
    beside = say("The cat was the hardest.")
    assert (beside.writer, beside.closing_question) == ("library", None)
    assert beside.reply.id != sign.reply.id
    clock.pass_(hours=1)
    decision = say("Anyway.")
    assert (decision.writer, decision.card, decision.reply) == ("assistant", None, None)
    assert "ask one open question" in decision.instruction
    assert decision.closing_question is not None
    assert actions() == ["raised", "library", "library", "question"]
    assert say("And then.").closing_question.id != decision.closing_question.id


def test_a_sign_that_cannot_be_written_is_answered_by_the_library_however_old_the_state(
    say: Any, found: Any, clock: Any, person: Any
) -> None:
    found(1, "suicide")
    say("It is all so hopeless.")
    clock.pass_(hours=5)
    sign = Finding(Level.RAISED, "suicide", "test")
    heard = Heard("Hopeless again.", "en", False, sign, Finding(), True)
    assert unwritten(person, heard).writer == "library"


def test_a_raised_state_becomes_a_high_one_with_its_card(say: Any, found: Any) -> None:
    found(1, "suicide")
    say("It is all so hopeless.")
    decision = say(CRISIS) if found(2, "suicide") is None else None
    assert decision is not None
    assert (decision.writer, decision.card.key) == ("library", "suicide")


def test_a_card_once_then_a_line_and_a_more_urgent_card_again(say: Any, found: Any) -> None:
    shown = []
    for level, category, urgent in (
        (2, "abuse", False),
        (2, "abuse", False),
        (2, "suicide", False),
        (2, "abuse", False),
        (1, "eating", False),
        (2, "self_harm", True),
        (2, "self_harm", True),
        (2, "suicide", False),
    ):
        found(level, category, urgent)
        decision = say("…")
        shown.append(decision.card.key if decision.card else "")
        assert bool(decision.card) != bool(decision.quiet_line)
    assert shown == ["abuse", "", "suicide", "", "", "emergency", "emergency", ""]


def test_a_high_state_has_a_card_whatever_its_category(say: Any, found: Any) -> None:
    found(2, "mania")
    assert say("…").card.key == "suicide"


@pytest.mark.parametrize("level", [Level.RAISED, Level.HIGH])
def test_a_cleared_assistant_writes_at_its_level(
    say: Any, found: Any, monkeypatch: pytest.MonkeyPatch, level: Level
) -> None:
    granted = frozenset({level})
    monkeypatch.setattr("chat.policy.decision.levels_cleared", lambda assistant: granted)
    found(level, "suicide")
    decision = say("…")
    assert (decision.writer, decision.reply, decision.closing_question) == (
        "assistant",
        None,
        None,
    )
    assert decision.instruction
    assert bool(decision.card) == (level == Level.HIGH)
    assert actions()[-1] == "cleared"


def test_after_an_emergency_only_the_library_answers(
    say: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = frozenset({Level.RAISED, Level.HIGH})
    monkeypatch.setattr("chat.policy.decision.levels_cleared", lambda assistant: granted)
    found(2, "self_harm", urgent=True)
    decision = say("I took all of my pills.")
    assert (decision.writer, decision.category) == ("library", "emergency")
    assert decision.card.key == "emergency"
    found(0, "")
    assert say("I feel sick.").writer == "library"


def test_cleared_for_raised_is_not_cleared_for_high(
    say: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = frozenset({Level.RAISED})
    monkeypatch.setattr("chat.policy.decision.levels_cleared", lambda assistant: granted)
    found(2, "suicide")
    assert say("…").writer == "library"


def test_are_you_human_is_answered_at_any_level(say: Any, found: Any, clock: Any) -> None:
    ask = "Are you human?"
    calm = say(ask)
    assert (calm.writer, calm.level, calm.closing_question) == ("library", 0, None)
    again = say(ask)
    assert (again.reply.kind, again.reply.id == calm.reply.id) == ("ai", False)
    found(1, "suicide")
    raised = say(ask)
    assert [words.kind for words in raised.reviewed] == ["ai", "reply"]
    found(0, "")
    clock.pass_(hours=1)
    assert [words.kind for words in say(ask).reviewed] == ["ai", "question"]
    found(2, "suicide")
    high = say(f"{CRISIS} {ask}")
    assert [words.kind for words in high.reviewed] == ["reply", "ai"]  # the danger first
    found(0, "")
    later = say(ask)
    assert [words.kind for words in later.reviewed] == ["ai", "reply"]
    assert later.reply_fields()["reviewed_id"] == f"{later.reply.id} + {later.closing_question.id}"


def test_each_user_of_a_key_is_somebody_of_their_own(
    say: Any, person: Any, team: Any, alice: Any
) -> None:
    key, _ = key_create(team=team, user=alice, name="app")
    other, _ = key_create(team=team, user=alice, name="app 2")
    anna = person_of_key(key, "anna@example.org")
    say(CRISIS, person=anna)
    assert say("Hello.", person=anna).level == Level.HIGH
    for somebody in (
        person,
        person_of_key(key, "ben"),
        person_of_key(key),
        person_of_key(other, "anna@example.org"),
    ):
        assert say("Hello.", person=somebody).level == Level.ORDINARY
    kept = RiskState.objects.get()
    assert "anna" not in kept.mark


def test_a_message_read_again_is_no_second_sign_and_keeps_its_card(
    say: Any, talk: Any, clock: Any, person: Any
) -> None:
    Message.objects.create(conversation=talk, turn=2, role="user", content=CRISIS)
    first = say(CRISIS, conversation=talk)
    before = RiskState.objects.get().counted_from
    clock.pass_(hours=1)
    second = say(CRISIS, conversation=talk)
    assert second.card == first.card
    assert second.reply.id != first.reply.id
    assert RiskState.objects.get().counted_from == before
    assert actions() == ["raised", "card", "library", "library"]


def test_what_the_judge_finds_beyond_the_rules_is_kept_with_the_message(
    say: Any, talk: Any, found: Any
) -> None:
    said = Message.objects.create(conversation=talk, turn=2, role="user", content="Quiet words.")
    revision = talk.revision
    found(2, "suicide")
    say(said.content, conversation=talk)
    said.refresh_from_db()
    talk.refresh_from_db()
    assert (said.risk_level, said.card_key, said.risk_rule) == (Level.HIGH, "suicide", "test")
    assert said.revision == talk.revision == revision + 1


def test_read_again_without_the_judge_a_message_is_as_grave_as_before(
    say: Any, talk: Any, found: Any, clock: Any
) -> None:
    said = Message.objects.create(conversation=talk, turn=2, role="user", content="Quiet words.")
    found(2, "suicide")
    say(said.content, conversation=talk)
    found(0, "")
    clock.pass_(days=30)
    decision = say(said.content, conversation=talk)
    assert (decision.writer, decision.level) == ("library", Level.HIGH)
    assert decision.card.key == "suicide"


@pytest.mark.parametrize("held", [False, True])
def test_a_database_that_takes_no_writes_fails_nobody(
    say: Any, found: Any, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    if held:
        say(CRISIS)

    def locked(person: Any) -> Any:
        error = OperationalError("database is locked")
        error.__cause__ = sqlite3.OperationalError("database is locked")
        error.__cause__.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("chat.policy.decision.state_locked", locked)
        decision = say("Hello." if held else CRISIS)
        assert (decision.writer, decision.level) == ("library", Level.HIGH)
        assert decision.card.key == "suicide"
        assert decision.reply is not None
        found(0, "somebody_else")
        assert say("My friend.").card.key == ("somebody_else")
        patch.setattr("chat.policy.decision.state_locked", lambda person: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            say("My friend.")


def test_a_graver_category_on_a_second_reading_is_kept_and_begins_no_new_time(
    say: Any, talk: Any, found: Any, clock: Any
) -> None:
    said = Message.objects.create(conversation=talk, turn=2, role="user", content="Quiet words.")
    found(2, "abuse")
    say(said.content, conversation=talk)
    before = RiskState.objects.get().counted_from
    clock.pass_(hours=2)
    found(2, "suicide")
    assert say(said.content, conversation=talk).card.key == "suicide"
    state = RiskState.objects.get()
    assert (state.category, state.counted_from) == ("suicide", before)


class ScriptedJudge:
    def __init__(self, error: Exception | None = None, short: bool = False) -> None:
        self.error, self.short, self.asked = error, short, []

    async def judge(self, kind: str, texts: Any) -> Any:
        self.asked.append((kind, list(texts)))
        if self.error:
            raise self.error
        return [{} for _ in texts][: 0 if self.short else None]


@pytest.mark.django_db(transaction=True)
async def test_without_the_judge_the_rules_decide_and_the_log_says_so_once(
    person: Any, plain: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.engine.exceptions import EngineError, EngineUnavailable
    from chat.policy import reading

    monkeypatch.setattr(reading, "away", reading.Seldom())
    for judge in (
        ScriptedJudge(EngineUnavailable("no engine")),
        ScriptedJudge(EngineError(404, None, "no route")),
        ScriptedJudge(TimeoutError()),
        ScriptedJudge(short=True),
    ):
        decision = await decide(person=person, assistant=plain, text=CRISIS, judge=judge)
        assert decision.writer == "library"
        assert judge.asked[0][0] == "person"
    assert [record.message for record in caplog.records if record.name == "chat.policy"] == [
        "messages are read by the rules alone: no engine"
    ]


async def test_each_unit_of_a_message_is_judged() -> None:
    judge = ScriptedJudge()
    said = [("A quiet day. Nothing new.", []), ("", []), ("Hello.", [])]
    each = [units(text) for text, _ in said]
    assert await scores_of(judge, said) == [[{} for _ in looked_at] for looked_at in each]
    assert judge.asked == [("person", [unit for looked_at in each for unit in looked_at])]
    assert await scores_of(judge, [("", [])]) == [[]]
    assert len(judge.asked) == 1


async def test_what_does_not_fit_into_one_question_is_left_to_the_rules() -> None:
    judge = ScriptedJudge()
    long = "This is one. " * 40
    scores = await scores_of(judge, [(long, [])] * 5)
    assert [each is None for each in scores] == [True, True, True, False, False]
    assert len(judge.asked[0][1]) == 2 * len(units(long)) <= 100


LONG_AGO = [
    {"role": "user", "content": CRISIS},
    *({"role": "user", "content": f"And number {number} is fine."} for number in range(6)),
]


@pytest.mark.django_db(transaction=True)
async def test_a_whole_talk_that_comes_at_once_is_read_from_its_beginning(
    plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = ScriptedJudge()
    somebody = Person(label="a stranger")
    decision = await decide(
        person=somebody, assistant=plain, text="never mind", history=LONG_AGO, judge=judge
    )
    assert (decision.writer, decision.level, decision.category) == (
        "library",
        Level.HIGH,
        "suicide",
    )
    assert decision.card is not None
    assert decision.card.key == "suicide"
    assert len(judge.asked) == 1, "one call for all of it"
    again = await decide(
        person=somebody, assistant=plain, text="Hello.", history=LONG_AGO, judge=judge
    )
    assert again.card is None


def test_what_has_had_its_time_is_not_read_again(say: Any, clock: Any) -> None:
    assert say("never mind", history=LONG_AGO).level == Level.HIGH
    clock.pass_(days=30)
    assert say("Hello.", history=LONG_AGO).level == Level.ORDINARY


def test_worry_about_somebody_else_long_ago_raises_nothing(say: Any) -> None:
    worry = Finding(Level.ORDINARY, "somebody_else", "test")
    assert gravest_of([(("…", []), None)]) == NOTHING
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat.policy.catching_up.read", lambda *_, **__: worry)
        assert say("Hello.", history=LONG_AGO).level == Level.ORDINARY
    assert not RiskState.objects.exists()


def test_earlier_messages_are_read_once(person: Any) -> None:
    turns = [{"role": "user", "content": f"Number {number}."} for number in range(30)]
    first = unread(person, turns, None)
    assert [text for text, _ in first] == [f"Number {number}." for number in range(10, 30)]
    remember(person, first[:-1])
    assert [text for text, _ in unread(person, turns, None)] == ["Number 29."]
    assert len(unread(Person(label="another"), turns, None)) == 20


def test_without_a_cache_they_are_read_again(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no broker")

    monkeypatch.setattr("chat.policy.catching_up.cache.get_many", away)
    monkeypatch.setattr("chat.policy.catching_up.cache.set_many", away)
    remember(person, [(CRISIS, [])])
    assert len(unread(person, LONG_AGO, None)) == len(LONG_AGO)


def test_the_log_holds_no_words(say: Any) -> None:
    say(f"{CRISIS} My cat is called Zebulon.")
    for entry in SafetyEntry.objects.values():
        assert "Zebulon" not in str(entry)


def test_a_cleared_level_is_asked_of_the_assistant_that_writes(
    say: Any, tuned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "chat.policy.decision.levels_cleared",
        lambda assistant: asked.append(assistant.id) or frozenset(),
    )
    say(CRISIS, assistant=tuned)
    assert asked == [tuned.id]
    assert not clearance.cleared(tuned, Level.HIGH)
    assert clearance.cleared(tuned, Level.ORDINARY)


def test_the_language_is_that_of_the_last_words(say: Any) -> None:
    chinese = [{"role": "user", "content": "我想死"}]
    assert say("我想死").language == "zh"
    assert say("😭😭", history=chinese).language == "zh"
    assert say("I want to die.", history=chinese).language == "en"


def test_a_message_is_read_as_it_is_sent_and_its_line_has_a_card_to_open(
    say: Any, talk: Any, person: Any
) -> None:
    def send(turn: int, text: str) -> Message:
        notice = message_notice(
            person=person, text=text, history=[], conversation=talk, assistant=talk.assistant_a
        )
        fields = fields_of(notice)
        return Message.objects.create(
            conversation=talk, turn=turn, role="user", content=text, **fields
        )

    first, second = send(2, CRISIS), send(3, "Thank you.")
    assert (first.card_key, first.quiet_line, first.risk_level) == ("suicide", "", Level.HIGH)
    assert (second.card_key, second.quiet_card, second.risk_level) == ("", "suicide", 0)
    assert second.quiet_line
    turns = turn_list_of(talk)[1:]
    assert [(bool(turn.card), bool(turn.folded_card)) for turn in turns] == [
        (True, False),
        (False, True),
    ]
    country = next(iter(COUNTRIES.values()))
    context = {"turn": turns[1], "conversation": talk, "country": country}
    page = render_to_string("chat/_turn.html", context)
    assert page.index("<details>") < page.index("care-card") < page.index(second.quiet_line)
    # Whoever decides later finds it read already: the same card, one sign, one card in the log.
    decision = say("Thank you.", conversation=talk)
    assert (decision.card, decision.quiet_line) == (None, second.quiet_line)
    assert actions() == ["raised", "card", "library"]


def test_an_ordinary_message_is_sent_without_a_trace(talk: Any, person: Any) -> None:
    notice = message_notice(
        person=person, text="Hello.", history=[], conversation=talk, assistant=""
    )
    assert not any(fields_of(notice).values())
    assert not RiskState.objects.exists()


@pytest.mark.parametrize(
    ("asks", "text", "level"),
    [
        ("dying", "yes, sometimes", Level.HIGH),
        ("dying", "no, not that", Level.RAISED),
        ("dying", "嗯，有时候会", Level.HIGH),
        ("safe", "no", Level.HIGH),
        ("safe", "yes", Level.RAISED),
        ("means", "yeah they are in my drawer", Level.HIGH),
    ],
)
def test_a_bare_answer_is_read_as_one(
    say: Any, person: Any, asks: str, text: str, level: Level
) -> None:
    """A yes to "do you think about dying?" has no word in it that a rule could find."""
    say("I do not see the point of anything any more, it is hopeless.")
    question = next(one for one in REPLIES["en"] if one.asks == asks)
    RiskState.objects.filter(mark=person.mark).update(
        level=Level.RAISED, category="suicide", said=[question.id]
    )
    assert say(text).level == level
