"""A state falls by time or by a reviewer and by nothing else; each change is one entry."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.conversations.services import conversation_delete
from chat.policy import services
from chat.policy.decay import FRESH, hold
from chat.policy.decision import decide_sync
from chat.policy.exceptions import AppendOnly, PolicyRefused
from chat.policy.models import RiskState, SafetyEntry, SafetyText
from chat.policy.person import Person, person_of_session
from chat.policy.reading import Seldom
from chat.policy.selectors import kept_until, level_now, level_of
from chat.safety.cards import KEYS
from chat.safety.detection import Finding
from chat.safety.detection.finding import SOMEBODY_ELSE
from chat.safety.detection.rules import USER_RULES
from chat.safety.levels import Level
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

CRISIS = "I want to kill myself."
CHANGES = {"raised", "lapsed", "lowered"}


def entries(**of: Any) -> list[SafetyEntry]:
    return list(SafetyEntry.objects.filter(**of).order_by("id"))


# -- time --------------------------------------------------------------------------------------


def test_high_for_a_day_then_raised_for_three(say: Any, person: Any, clock: Any) -> None:
    say(CRISIS)
    for hours, level in ((23.9, 2), (0.2, 1), (71.7, 1), (0.3, 0)):
        clock.pass_(hours=hours)
        assert level_of(person) == level
        assert say("Good morning.").level == level
    first, second = entries(action="lapsed")
    assert (first.level_from, first.level_to) == (2, 1)
    assert (second.level_from, second.level_to) == (1, 0)
    assert second.at - first.at == timedelta(hours=72)


def test_time_is_counted_from_the_last_sign(say: Any, person: Any, clock: Any) -> None:
    say(CRISIS)
    clock.pass_(hours=20)
    say("I still want to kill myself.")
    clock.pass_(hours=20)
    assert level_of(person) == Level.HIGH
    assert [entry.action for entry in entries()].count("again") == 1


def test_what_nobody_looked_at_has_fallen_all_the_same(say: Any, person: Any, clock: Any) -> None:
    say(CRISIS)
    clock.pass_(days=30)
    state = RiskState.objects.get()
    assert (state.level, level_now(state), kept_until(state)) == (Level.HIGH, 0, None)
    say("Hello again.")
    assert [(entry.level_from, entry.level_to) for entry in entries(action="lapsed")] == [
        (2, 1),
        (1, 0),
    ]
    state.refresh_from_db()
    assert (state.category, state.since, state.said, state.cards) == ("", None, [], {})


def test_a_new_episode_has_its_card_again(say: Any, clock: Any) -> None:
    assert say(CRISIS).card
    assert not say(CRISIS).card
    clock.pass_(hours=25)
    assert say(CRISIS).card
    clock.pass_(days=30)
    assert say(CRISIS).card


def test_within_an_episode_of_many_days_the_card_is_shown_once(say: Any, clock: Any) -> None:
    cards = []
    for _ in range(10):
        cards.append(bool(say(CRISIS).card))
        clock.pass_(hours=20)
    assert cards == [True] + [False] * 9


def test_hours_are_settings(say: Any, person: Any, clock: Any, settings: Any) -> None:
    settings.RISK_HIGH_HOURS, settings.RISK_RAISED_HOURS = 48, 100
    say(CRISIS)
    clock.pass_(hours=47)
    assert level_of(person) == Level.HIGH
    clock.pass_(hours=2)
    assert level_of(person) == Level.RAISED
    clock.pass_(hours=98)
    assert level_of(person) == Level.RAISED
    clock.pass_(hours=2)
    assert level_of(person) == Level.ORDINARY


def test_a_crisis_told_bit_by_bit_then_taken_back(say: Any, person: Any, clock: Any) -> None:
    history: list[dict[str, str]] = []
    for words in (
        "Work was long today.",
        "I have a bottle of pills in the drawer.",
        "What's the point, I'm done.",
        "never mind, forget it",
        "haha I'm fine, it was for a story",
    ):
        decision = say(words, history=list(history))
        history.append({"role": "user", "content": words})
    assert (decision.writer, decision.level) == ("library", Level.HIGH)
    clock.pass_(hours=12)
    assert say("Good morning!").writer == "library"


def test_a_deleted_conversation_takes_nothing_along(say: Any, talk: Any, person: Any) -> None:
    say(CRISIS, conversation=talk)
    conversation_delete(conversation=talk)
    talk.delete()
    assert level_of(person) == Level.HIGH
    assert say("Hello.").writer == "library"


# -- any order of events -----------------------------------------------------------------------

SIGNS = [
    Finding(level, category, "test", urgent)
    for level, category, urgent in (
        (Level.ORDINARY, "", False),
        (Level.ORDINARY, "somebody_else", False),
        (Level.RAISED, "suicide", False),
        (Level.RAISED, "eating", False),
        (Level.RAISED, "", False),
        (Level.HIGH, "suicide", False),
        (Level.HIGH, "abuse", False),
        (Level.HIGH, "self_harm", True),
    )
]
EVENTS = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(SIGNS)),
    st.tuples(st.just("hours"), st.sampled_from([0.5, 5, 23, 25, 71, 97, 400])),
    st.tuples(st.just("lowered"), st.sampled_from([Level.ORDINARY, Level.RAISED])),
    st.tuples(st.just("again"), st.none()),
)


def held_now(level: int, gone: timedelta) -> int:
    """What is left of a level some time after the last sign, read off the documents."""
    hours = gone / timedelta(hours=1)
    if level == 2:
        return 2 if hours < 24 else 1 if hours < 24 + 72 else 0
    return 1 if level == 1 and hours < 72 else 0


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=st.lists(EVENTS, max_size=14))
def test_no_order_of_events_lowers_a_state_but_time_and_a_reviewer(
    events: list[tuple[str, Any]],
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    alice: Any,
    plain: Any,
    tuned: Any,
) -> None:
    somebody = person_of_session(uuid.uuid4().hex)
    finding = SIGNS[0]
    monkeypatch.setattr("chat.policy.decision.read", lambda *_, **__: finding)
    held, since = 0, clock.now
    for kind, value in events:
        level = held_now(held, clock.now - since)
        if kind == "hours":
            clock.pass_(hours=value)
        elif kind == "lowered":
            state = RiskState.objects.filter(mark=somebody.mark).first()
            if state is None or value >= level:
                continue
            services.state_lower(state=state, level=value, reviewer=alice, reason="Spoke to them.")
            held, since = int(value), clock.now
        else:
            finding = value if kind == "says" else finding
            assistant = tuned if kind == "again" else plain
            decision = decide_sync(person=somebody, assistant=assistant, text="…")
            if finding.level > Level.ORDINARY:
                held, since = max(level, int(finding.level)), clock.now
            assert decision.level == held_now(held, clock.now - since)
            age = clock.now - since
            if held == Level.HIGH and decision.level == Level.RAISED:
                age -= hold(Level.HIGH)
            near = decision.level == Level.RAISED and age < FRESH
            by_library = decision.level == Level.HIGH or near
            assert (decision.writer == "library") == by_library
        assert level_of(somebody) == held_now(held, clock.now - since)
    state = RiskState.objects.filter(mark=somebody.mark).first()
    if state is None:
        return
    level = 0
    for entry in entries(person=state.pseudonym):
        assert (entry.level_from != entry.level_to) == (entry.action in CHANGES)
        assert entry.level_from == level
        level = entry.level_to
    assert level == state.level


# -- at once -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_signs_in_several_tabs_and_the_api_at_once_are_all_kept(
    alice: Any, plain: Any, person: Person
) -> None:
    texts = [CRISIS, "Hello.", CRISIS, "It is raining.", CRISIS, "He beats me every night."]
    start = threading.Barrier(len(texts))
    decisions: list[Any] = []

    def send(text: str) -> None:
        start.wait()
        try:
            decisions.append(decide_sync(person=person, assistant=plain, text=text))
        finally:
            connections.close_all()

    senders = [threading.Thread(target=send, args=(text,)) for text in texts]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(decisions) == len(texts)
    state = RiskState.objects.get()
    assert (state.level, state.category) == (Level.HIGH, "suicide")
    made = [entry.action for entry in entries()]
    assert made.count("raised") == 1
    assert made.count("raised") + made.count("again") + made.count("category") == 4
    written = [decision.reply.id for decision in decisions if decision.reply]
    assert sorted(written) == sorted(state.said)
    assert all(one != other for one, other in zip(state.said, state.said[1:], strict=False))


# -- reviewers ---------------------------------------------------------------------------------


def test_a_reviewer_lowers_with_a_reason(say: Any, person: Any, bob: Any) -> None:
    say(CRISIS)
    state = RiskState.objects.get()
    for reason, code in (("  ", "no_reason"), ("x" * 501, "reason_too_long")):
        with pytest.raises(PolicyRefused) as refusal:
            services.state_lower(state=state, level=Level.ORDINARY, reviewer=bob, reason=reason)
        assert refusal.value.code == code
    assert level_of(person) == Level.HIGH
    services.state_lower(
        state=state, level=Level.RAISED, reviewer=bob, reason="Spoke to her.\n She is with family."
    )
    assert level_of(person) == Level.RAISED
    [entry] = entries(action="lowered")
    assert (entry.reviewer, entry.reason) == ("bob", "Spoke to her. She is with family.")
    assert (entry.level_from, entry.level_to) == (2, 1)
    with pytest.raises(PolicyRefused, match="nothing to lower"):
        services.state_lower(state=state, level=Level.RAISED, reviewer=bob, reason="Again.")
    assert say(CRISIS).level == Level.HIGH


# -- the log -----------------------------------------------------------------------------------


def test_an_entry_is_neither_changed_nor_deleted(say: Any) -> None:
    say(CRISIS)
    entry = SafetyEntry.objects.first()
    assert entry is not None
    entry.category = ""
    count = SafetyEntry.objects.count()
    for forbidden in (
        entry.save,
        entry.delete,
        lambda: SafetyEntry.objects.update(category=""),
        lambda: SafetyEntry.objects.filter(pk=entry.pk).delete(),
        lambda: SafetyEntry.objects.bulk_update([entry], ["category"]),
        lambda: SafetyEntry.objects.bulk_create([entry], ignore_conflicts=True),
        lambda: SafetyEntry.objects.update_or_create(pk=entry.pk, defaults={"category": ""}),
    ):
        with pytest.raises(AppendOnly):
            forbidden()
    written_over = SafetyEntry(pk=entry.pk, person="x", action="raised")
    with pytest.raises(IntegrityError), transaction.atomic():
        written_over.save()
    assert SafetyEntry.objects.count() == count
    assert SafetyEntry.objects.get(pk=entry.pk).category == "suicide"


def test_text_is_logged_only_where_the_operator_wants_it(
    say: Any, talk: Any, settings: Any
) -> None:
    say(CRISIS, conversation=talk)
    assert not SafetyText.objects.exists()
    settings.SAFETY_LOG_TEXT = True
    say("Good morning.", conversation=talk)
    say(CRISIS, log_words=False)  # as an incognito talk does
    assert not SafetyText.objects.exists()
    say("I want to end my life.", conversation=talk)
    assert [row.text for row in SafetyText.objects.all()] == ["I want to end my life."]


def test_who_leaves_is_forgotten_and_the_entries_stay_without_them(
    say: Any, person: Any, talk: Any, settings: Any
) -> None:
    settings.SAFETY_LOG_TEXT = True
    say(CRISIS, conversation=talk)
    count = SafetyEntry.objects.count()
    assert services.texts_forget(person=person) == 1
    assert level_of(person) == Level.HIGH
    say(CRISIS, conversation=talk)
    assert SafetyText.objects.exists()
    assert services.person_forget(person=person) == SafetyEntry.objects.count() > count
    assert not RiskState.objects.exists()
    assert not SafetyText.objects.exists()
    assert not any("alice" in str(row) for row in SafetyEntry.objects.values())


def test_an_account_goes_with_its_state(say: Any, alice: Any, talk: Any, settings: Any) -> None:
    settings.SAFETY_LOG_TEXT = True
    say(CRISIS, conversation=talk)
    assert SafetyText.objects.exists()
    alice.delete()
    assert not RiskState.objects.exists()
    assert not SafetyText.objects.exists()
    assert SafetyEntry.objects.exists()


def test_what_happened_to_a_reply_is_noted(person: Any, talk: Any) -> None:
    services.action_log(
        person=person, action=services.Action.HELD, conversation=talk, source="dose"
    )
    services.reply_said(person=person, reply_id="held.en.1")
    [entry] = entries()
    assert (entry.action, entry.source, entry.conversation) == ("held", "dose", talk.public_id)
    assert RiskState.objects.get().said == ["held.en.1"]


def test_a_card_that_a_reply_calls_for_is_one_an_episode_too(
    say: Any, person: Any, talk: Any, clock: Any
) -> None:
    def take(key: str) -> bool:
        return services.card_take(
            person=person, key=key, conversation=talk, assistant="a", source="reply.suicide"
        )

    assert [take("suicide"), take("suicide"), take("eating")] == [True, False, False]
    clock.pass_(hours=73)
    assert take("suicide")
    [first, _] = entries(action="card")
    assert (first.category, first.source, first.level_to) == ("suicide", "reply.suicide", 0)
    clock.pass_(days=30)
    say(CRISIS)
    assert not take("suicide")
    assert level_of(person) == Level.HIGH


def test_categories_have_their_urgency() -> None:
    found = {rule.category for rule in USER_RULES}
    assert found | {SOMEBODY_ELSE, "", *KEYS} <= set(services.URGENCY)


@pytest.mark.parametrize("name", ["WUKONG_RISK_HIGH_HOURS", "WUKONG_RISK_RAISED_HOURS"])
def test_a_state_is_not_kept_for_less_than_a_day(name: str) -> None:
    command = [sys.executable, "-c", "import wukongsite.settings"]
    environment = {**os.environ, name: "23"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    assert f"{name} is 23, but a state is kept for at least 24 hours." in ended.stderr


def test_one_warning_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    seldom = Seldom(seconds=60)
    for _ in range(5):
        seldom.warn("rules alone", "no engine")
    seldom.last -= 61
    seldom.warn("rules alone", "no engine")
    assert [record.message for record in caplog.records] == [
        "rules alone: no engine",
        "rules alone: no engine (4 more before it)",
    ]


@pytest.mark.parametrize(
    "parts", [{}, {"user_id": 1, "key_id": 1}, {"user_id": 1, "key_id": 1, "label": "x"}]
)
def test_a_person_is_one_of_three(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="person"):
        Person(**parts)
