"""Who asks in a team's name: a key of the API, or a person at the server's terminal."""

from __future__ import annotations

from dataclasses import dataclass

from finetune.teams.models import ApiKey, Team, User


@dataclass(frozen=True)
class Member:
    """A person who acts in one of their teams without a key."""

    team: Team
    user: User


Caller = ApiKey | Member


def key_behind(caller: Caller) -> ApiKey | None:
    """The key that was used, where one was."""
    return caller if isinstance(caller, ApiKey) else None
