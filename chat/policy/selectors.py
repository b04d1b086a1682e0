"""Reading the policy's rows, as they are after the time that has passed. Writes nothing."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.utils import timezone

from chat.policy.decay import hold, lapses
from chat.policy.models import RiskState, SafetyEntry
from chat.policy.person import Person
from chat.safety.levels import Level
from finetune.teams.models import User

MOVES = (SafetyEntry.Action.RAISED, SafetyEntry.Action.LAPSED, SafetyEntry.Action.LOWERED)


def level_of(person: Person) -> Level:
    """A person's level now. For routing: no page, answer or frame may carry it."""
    state = RiskState.objects.filter(mark=person.mark).first()
    return Level.ORDINARY if state is None else level_now(state)


def level_now(state: RiskState) -> Level:
    return standing(state)[0]


def kept_until(state: RiskState) -> datetime | None:
    """When time will lower this state by a step, if no further sign comes; None where it cannot."""
    level, counted_from = standing(state)
    kept = hold(level)
    return counted_from + kept if kept is not None else None


def standing(state: RiskState) -> tuple[Level, datetime]:
    """The level now, and the time from which its hold counts."""
    level = Level(state.level)
    fallen = lapses(level, state.counted_from, timezone.now())
    return fallen[-1] if fallen else (level, state.counted_from)


def reads_texts(user: User) -> bool:
    """Whether somebody was given the right to read logged texts; no superuser has it by itself."""
    if not (user.is_active and user.is_staff):
        return False
    given = Permission.objects.filter(
        Q(user=user) | Q(group__user=user),
        codename="read_safetytext",
        content_type__app_label="chat",
    )
    return given.exists()


def episodes_of(person: Person) -> list[tuple[datetime, datetime | None]]:
    """From when to when a person's level was above ordinary, by the log; the last may go on."""
    names = RiskState.objects.filter(mark=person.mark).values("pseudonym")
    moves = SafetyEntry.objects.filter(person__in=names, action__in=MOVES).order_by("id")
    episodes: list[tuple[datetime, datetime | None]] = []
    begun: datetime | None = None
    for at, level in moves.values_list("at", "level_to"):
        if level > Level.ORDINARY:
            begun = begun or at
        elif begun is not None:
            episodes.append((begun, at))
            begun = None
    return episodes if begun is None else [*episodes, (begun, None)]
