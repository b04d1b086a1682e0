"""Writing personas. Every member of a team writes drafts; an owner publishes and retires.

What is saved has passed the checks, drafts too: a draft can be tried.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from chat.personas.checks import Draft, problems_of
from chat.personas.models import Persona, PersonaVersion
from finetune.exceptions import StudioError
from finetune.runs.assistants import model_get
from finetune.teams.audit.services import audit_write
from finetune.teams.models import Team, User
from finetune.teams.selectors import is_owner
from finetune.training.problems import Problem

MOST_PERSONAS = 50  # of a team, retired ones included
MOST_VERSIONS = 500  # of a persona


class PersonaRefused(StudioError):
    """A persona that is not kept, or an action that is not this person's.

    Attributes:
        problems: what is wrong with each field; the whole message where there are none.
    """

    def __init__(self, message: str, *, code: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, code=code)
        self.problems = problems or (Problem("", message),)


def check_publisher(user: User, team: Team) -> None:
    """Owners only: what is published speaks to everybody in the team in the team's name."""
    if not is_owner(user, team):
        raise PersonaRefused(
            _(
                "Only an owner of the team publishes and retires personas. Save it as a draft, and "
                "ask one of them to read it."
            ),
            code="owners_only",
        )


def persona_save(
    *, team: Team, user: User, persona: Persona | None, draft: Draft, publish: bool
) -> PersonaVersion:
    """Keep what was written as the next version; where nothing changed, publish what is there.

    Raises:
        PersonaRefused: something is wrong with the words, or publishing is not this person's.
    """
    if publish:
        check_publisher(user, team)
    problems = problems_of(draft, team)
    if problems:
        raise PersonaRefused(
            _("Some of it cannot be kept."), code="bad_words", problems=tuple(problems)
        )
    speaker = model_get(team, draft.assistant)
    assert speaker is not None, "checked just now"
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        row = persona or persona_new(team, draft.name)
        if Persona.objects.get(pk=row.pk).retired_at is not None:
            raise PersonaRefused(_("It is retired. Bring it back first."), code="retired")
        newest = row.versions.first()
        fields = {
            "name": draft.name,
            "description": draft.description,
            "assistant": speaker.id,
            "instruction": draft.instruction,
            "opening": draft.opening,
            "languages": ",".join(draft.languages),
        }
        if newest is None or any(getattr(newest, name) != value for name, value in fields.items()):
            newest = version_new(row, newest, user, speaker.title, fields)
        if publish and newest.published_at is None:
            newest.published_at, newest.published_by = timezone.now(), user
            newest.save(update_fields=["published_at", "published_by"])
            audit_write("persona.published", row, name=newest.name, team=team, by=user)
    return newest


def persona_new(team: Team, name: str) -> Persona:
    if Persona.objects.filter(team=team).count() >= MOST_PERSONAS:
        raise PersonaRefused(
            _("A team has at most %(number)d personas. Change one that is there.")
            % {"number": MOST_PERSONAS},
            code="too_many_personas",
        )
    return Persona.objects.create(team=team, slug=slugify(name)[:40].strip("-") or "persona")


def version_new(
    persona: Persona,
    newest: PersonaVersion | None,
    user: User,
    title: str,
    fields: dict[str, str],
) -> PersonaVersion:
    number = newest.number + 1 if newest else 1
    if number > MOST_VERSIONS:
        raise PersonaRefused(
            _("It has %(number)d versions, which is the limit. Make a new persona.")
            % {"number": MOST_VERSIONS},
            code="too_many_versions",
        )
    return PersonaVersion.objects.create(
        persona=persona, number=number, created_by=user, assistant_title=title[:120], **fields
    )


@transaction.atomic
def persona_retire(*, persona: Persona, user: User) -> None:
    """Take it out of chat and API, in every version; what it said keeps its name."""
    check_publisher(user, persona.team)
    Persona.objects.filter(pk=persona.pk, retired_at=None).update(retired_at=timezone.now())
    audit_write("persona.retired", persona, name=persona.slug, by=user)


@transaction.atomic
def persona_return(*, persona: Persona, user: User) -> None:
    """Let a retired one speak again, as it was."""
    check_publisher(user, persona.team)
    Persona.objects.filter(pk=persona.pk).update(retired_at=None)
    audit_write("persona.returned", persona, name=persona.slug, by=user)
