"""Which pairs a team may use today, and who may look at a choice of them."""

from __future__ import annotations

import json
from typing import Any

from django.shortcuts import get_object_or_404

from chat.ratings.exchanges import exchanges_shared
from chat.ratings.preferences import pair_lines
from chat.ratings.signing.models import PairSet
from finetune.teams.models import Team, User
from finetune.teams.selectors import is_owner

RIGHT = "chat.sign_preferences"


def pairs_shared(team: Team) -> dict[str, dict[str, Any]]:
    """What members let the team use at this moment, by its mark: the team's file, line by line."""
    lines = map(json.loads, pair_lines(exchanges_shared(team)))
    return {line["metadata"]["id"]: line for line in lines}


def may_sign(user: User) -> bool:
    """Whether an operator has given somebody the right; it counts within their own teams."""
    return user.has_perm(RIGHT)


def may_look(user: User, team: Team) -> bool:
    return is_owner(user, team) or may_sign(user)


def pair_set_get(user: User, public_id: str) -> PairSet:
    """The choice, or Http404 where it is of no team of this person's."""
    rows = PairSet.objects.filter(team__members=user).select_related("team", "dataset", "asked_by")
    return get_object_or_404(rows, public_id=public_id)


def withdrawn_of(row: PairSet, shared: dict[str, Any]) -> int:
    """How many of its pairs are not shared any more."""
    return sum(mark not in shared for mark in row.marks)
