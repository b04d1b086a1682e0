"""Whose work a subcommand is: a person by name, and one of their teams."""

from __future__ import annotations

from finetune.exceptions import StudioError
from finetune.teams.keys.callers import Member
from finetune.teams.models import Team, User
from finetune.teams.selectors import teams_of


def member_of(username: str, slug: str) -> Member:
    """The person and the team that were named, or the only ones there are.

    Raises:
        StudioError: there is no such person or team, or several that could be meant.
    """
    user = person_named(username) if username else only_administrator()
    return Member(team_for(user, slug), user)


def person_named(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise refused("user", f"There is no active account named {username[:80]!r}.")
    return user


def only_administrator() -> User:
    found = list(User.objects.filter(is_superuser=True, is_active=True).order_by("pk")[:20])
    if len(found) == 1:
        return found[0]
    if not found:
        raise refused("user", "There is no administrator yet. Start the studio once (make run).")
    names = ", ".join(user.username for user in found)
    raise refused(
        "user", f"There are several administrators; say who you are with --user: {names}."
    )


def team_for(user: User, slug: str) -> Team:
    teams = list(teams_of(user).order_by("slug"))
    known = ", ".join(team.slug for team in teams)
    if slug:
        named = next((team for team in teams if team.slug == slug), None)
        if named is None:
            where = f"{user.username} is in: {known or 'no team'}."
            raise refused("team", f"{user.username} is in no team {slug[:80]!r}. {where}")
        return named
    if len(teams) == 1:
        return teams[0]
    if not teams:
        raise refused("team", f"{user.username} is in no team.")
    raise refused("team", f"{user.username} is in several teams; choose one with --team: {known}.")


def refused(field: str, words: str) -> StudioError:
    return StudioError(words, code="not_found", field=field)
