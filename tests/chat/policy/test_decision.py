"""Who writes the next reply."""

from typing import Any

import pytest

from chat.policy.models import RiskState, SafetyEntry
from chat.safety.levels import Level

pytestmark = pytest.mark.django_db

CRISIS = "I want to kill myself."


def test_an_ordinary_message_leaves_no_trace(say: Any) -> None:
    decision = say("I keep waking up at 4am.")
    assert (decision.writer, decision.level, decision.instruction) == ("assistant", 0, "")
    assert decision.card is None
    assert not decision.quiet_line
    assert not RiskState.objects.exists()
    assert not SafetyEntry.objects.exists()


def test_the_library_answers_a_crisis_and_goes_on(say: Any) -> None:
    first = say(CRISIS)
    assert (first.writer, first.level, first.category) == ("library", Level.HIGH, "suicide")
    assert first.card.key == "suicide"
    assert first.offer_handover
    assert not first.instruction
    second = say("never mind, lol. it's for a story")
    assert (second.writer, second.level) == ("library", Level.HIGH)
    assert second.card is None
    assert second.quiet_line
    assert second.reply.id != first.reply.id
