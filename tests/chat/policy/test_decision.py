"""Who writes the next reply: the table of the policy, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from chat.conversations.models import Message
from chat.policy import clearance
from chat.policy.decision import decide
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.person import person_of_key
from chat.safety.detection import Finding
from chat.safety.levels import Level
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


def test_a_raised_state_asks_openly_and_ends_with_a_reviewed_question(say: Any, found: Any) -> None:
    found(1, "suicide")
    decision = say("It is all so hopeless.")
    assert (decision.writer, decision.card, decision.reply) == ("assistant", None, None)
    assert "ask one open question" in decision.instruction
    assert decision.closing_question is not None
    assert not decision.offer_handover
    assert actions() == ["raised", "question"]
    found(0, "")
    assert say("Anyway.").closing_question.id != decision.closing_question.id


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


def test_cleared_for_raised_is_not_cleared_for_high(
    say: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = frozenset({Level.RAISED})
    monkeypatch.setattr("chat.policy.decision.levels_cleared", lambda assistant: granted)
    found(2, "suicide")
    assert say("…").writer == "library"


def test_are_you_human_is_answered_at_any_level(say: Any, found: Any) -> None:
    ask = "Are you human?"
    calm = say(ask)
    assert (calm.writer, calm.level, calm.closing_question) == ("library", 0, None)
    again = say(ask)
    assert again.reply.id != calm.reply.id
    found(1, "suicide")
    raised = say(ask)
    assert raised.reply.id.startswith(calm.reply.id.split(".")[0])
    assert raised.closing_question is not None
    found(2, "suicide")
    high = say(f"{CRISIS} {ask}")
    assert high.reply.id.split(".")[0] != high.closing_question.id.split(".")[0]
    assert high.closing_question.id.startswith(calm.reply.id.split(".")[0])  # the danger first
    found(0, "")
    later = say(ask)
    assert later.reply.id.startswith(calm.reply.id.split(".")[0])
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
    from chat.policy.reading import scores_of
    from chat.safety.detection import units

    judge = ScriptedJudge()
    text = "A quiet day. Nothing new."
    assert await scores_of(judge, text) == [{} for _ in units(text)]
    assert judge.asked == [("person", units(text))]


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
