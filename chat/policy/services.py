"""Writing the policy's rows: a person's state moves here and nowhere else, with its entry.

A state only falls by time (`decay`) or by a reviewer (`state_lower`). Whatever else happens, a new
chat, an edit, another assistant, "never mind", a deleted conversation, can only keep or raise it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.conversations.models import Conversation
from chat.policy.decay import lapses
from chat.policy.exceptions import PolicyRefused
from chat.policy.models import RiskState, SafetyEntry, SafetyText
from chat.policy.person import Person
from chat.safety.detection import Finding
from chat.safety.levels import Level
from finetune.teams.audit.services import audit_write
from finetune.teams.models import User

Action = SafetyEntry.Action
# Most urgent first: a card gives way to one before it, a category to one before it.
URGENCY = (
    "emergency",
    "suicide",
    "self_harm",
    "harm_to_others",
    "abuse",
    "psychosis",
    "eating",
    "mania",
    "reliance",
    "somebody_else",
    "",
)
SAID_KEPT = 120  # ids of reviewed replies; there are about sixty in a language
LONGEST_REASON = 500


@dataclass(frozen=True)
class Place:
    """Where something happened: for the log, which keeps ids and never words."""

    conversation: str = ""
    assistant: str = ""

    @classmethod
    def of(cls, conversation: Conversation | None, assistant: str = "") -> Place:
        return cls(conversation.public_id if conversation else "", assistant)


def more_urgent(one: str, other: str) -> bool:
    return URGENCY.index(one) < URGENCY.index(other)


# -- the state ---------------------------------------------------------------------------------


def state_locked(person: Person) -> RiskState:
    """The person's row, made where there is none, held until the transaction ends.

    On PostgreSQL the row is locked; on SQLite a transaction that writes is alone from its start.
    """
    RiskState.objects.get_or_create(
        mark=person.mark, defaults={"user_id": person.user_id, "api_key_id": person.key_id}
    )
    return RiskState.objects.select_for_update().get(mark=person.mark)


def state_settle(state: RiskState, now: datetime) -> None:
    """Let time lower what it has lowered by now. The caller saves."""
    for level, since in lapses(Level(state.level), state.counted_from, now):
        entry_add(state, Action.LAPSED, level_to=level, at=since)
        state.level, state.counted_from, state.cards = level, since, {}
        if level == Level.ORDINARY:
            state.category, state.since, state.said = "", None, []


def state_notice(
    state: RiskState,
    finding: Finding,
    *,
    now: datetime,
    place: Place,
    is_new: bool = True,
    text: str = "",
) -> None:
    """Let a finding raise or renew the state; it never lowers it. The caller saves.

    Args:
        is_new: False for a message that was read before (another try, the other side of a
            comparison): it may raise, and is no second sign.
    """
    if finding.level == Level.ORDINARY:
        return
    if finding.level > state.level:
        if state.level == Level.ORDINARY:
            state.since, state.said, state.cards = now, [], {}
        entry = entry_add(
            state, Action.RAISED, level_to=finding.level, place=place, finding=finding, at=now
        )
        state.level, state.raised_at, state.counted_from = finding.level, now, now
        state.category = finding.category or state.category
    else:
        changes = finding.level == state.level and more_urgent(finding.category, state.category)
        if not (changes or is_new):
            return
        action = Action.CATEGORY if changes else Action.AGAIN
        entry = entry_add(state, action, level_to=state.level, place=place, finding=finding, at=now)
        if changes:
            state.category = finding.category
        if is_new:
            state.counted_from = now
    if settings.SAFETY_LOG_TEXT and text:
        SafetyText.objects.create(entry=entry, state=state, text=text)


def card_due(state: RiskState, key: str, now: datetime) -> bool:
    """One card an episode, a more urgent one later, and an emergency's each time.

    Without an episode (worry about somebody else) a card counts for as long as a raised state.
    """
    if key == "emergency":
        return True
    kept = now - timedelta(hours=settings.RISK_RAISED_HOURS)
    shown = [
        other
        for other, at in state.cards.items()
        if state.level > Level.ORDINARY or datetime.fromisoformat(at) > kept
    ]
    return all(more_urgent(key, other) for other in shown)


def card_show(state: RiskState, key: str, *, now: datetime, place: Place, finding: Finding) -> None:
    """Note that a card is shown. The caller saves."""
    entry_add(
        state,
        Action.CARD,
        level_to=state.level,
        place=place,
        finding=replace(finding, category=key),
        at=now,
    )
    state.cards[key] = now.isoformat()


@transaction.atomic
def card_take(
    *,
    person: Person,
    key: str,
    conversation: Conversation | None = None,
    assistant: str = "",
    source: str = "",
) -> bool:
    """Whether a card that a reply's own words call for is to be shown; notes that it is.

    The same rule as for what a person writes: one an episode, whoever spoke of it first.
    """
    now = timezone.now()
    state = state_locked(person)
    state_settle(state, now)
    is_due = card_due(state, key, now)
    if is_due:
        place = Place.of(conversation, assistant)
        card_show(state, key, now=now, place=place, finding=Finding(source=source))
    state.save()
    return is_due


def said_add(state: RiskState, reply_id: str) -> None:
    """Remember a reviewed reply of this episode. The caller saves."""
    state.said = [*state.said, reply_id][-SAID_KEPT:]


@transaction.atomic
def reply_said(*, person: Person, reply_id: str) -> None:
    """A reviewed reply was shown in place of a held one: the next is to be another."""
    state = state_locked(person)
    said_add(state, reply_id)
    state.save()


@transaction.atomic
def state_lower(*, state: RiskState, level: Level, reviewer: User, reason: str) -> RiskState:
    """A reviewer lowers a person's state, and says why."""
    reason = " ".join(reason.split())
    if not reason:
        raise PolicyRefused(
            "Say why this person's state may be lowered: what you know, and from whom.",
            code="no_reason",
            field="reason",
        )
    if len(reason) > LONGEST_REASON:
        raise PolicyRefused(
            f"The reason is {len(reason)} characters long; {LONGEST_REASON} fit.",
            code="reason_too_long",
            field="reason",
        )
    now = timezone.now()
    state = RiskState.objects.select_for_update().get(pk=state.pk)
    state_settle(state, now)
    if level >= state.level:
        raise PolicyRefused(
            "This state is not above that any more, so there is nothing to lower.",
            code="not_lower",
            field="level",
        )
    entry_add(
        state,
        Action.LOWERED,
        level_to=level,
        at=now,
        reviewer=reviewer.get_username(),
        reason=reason,
    )
    state.level, state.counted_from, state.cards = level, now, {}
    if level == Level.ORDINARY:
        state.category, state.since = "", None
    state.save()
    audit_write("policy.lowered", state, name=state.pseudonym, by=reviewer)
    return state


@transaction.atomic
def person_forget(*, person: Person) -> int:
    """For the deletion of an account: removes the state and every logged text.

    The entries stay, under a pseudonym that leads to nobody once the state is gone. Returns how
    many stay. Only for a person who leaves: deleting conversations lowers nothing.
    """
    state = RiskState.objects.select_for_update().filter(mark=person.mark).first()
    if state is None:
        return 0
    kept = SafetyEntry.objects.filter(person=state.pseudonym).count()
    state.delete()
    return kept


@transaction.atomic
def texts_forget(*, person: Person) -> int:
    """For the deletion of what a person wrote while the account stays: only logged texts go."""
    return SafetyText.objects.filter(state__mark=person.mark).delete()[0]


# -- the log -----------------------------------------------------------------------------------


def entry_add(
    state: RiskState,
    action: SafetyEntry.Action,
    *,
    level_to: int | None = None,
    place: Place = Place(),
    finding: Finding | None = None,
    **fields: Any,
) -> SafetyEntry:
    """Add one entry about a person."""
    return SafetyEntry.objects.create(
        person=state.pseudonym,
        action=action,
        category=(finding.category if finding else "") or state.category,
        level_from=state.level,
        level_to=state.level if level_to is None else level_to,
        conversation=place.conversation,
        assistant=place.assistant,
        source=(finding.source if finding else "")[:60],
        **fields,
    )


@transaction.atomic
def action_log(
    *,
    person: Person,
    action: SafetyEntry.Action,
    conversation: Conversation | None = None,
    assistant: str = "",
    source: str = "",
    reviewed: str = "",
) -> SafetyEntry:
    """Note what happened to a reply (held, without the gate, …), for whoever writes replies."""
    state = state_locked(person)
    return entry_add(
        state,
        action,
        place=Place.of(conversation, assistant),
        finding=Finding(source=source),
        reviewed=reviewed[:200],
    )
