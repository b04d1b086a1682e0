"""Which personas there are, and as assistants: `settings.PERSONAS` names this module."""

from __future__ import annotations

import re
from itertools import islice

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from chat.conversations.models import Conversation, Message
from chat.personas.models import Persona, PersonaVersion
from chat.personas.wording import greeted, system_text
from finetune.bases.selectors import bases_ready
from finetune.runs.assistants import (
    PERSONA,
    Assistant,
    Manner,
    assistant_of_base,
    assistants_of,
    model_get,
    tuned_runs,
)
from finetune.teams.models import Team

NAME = re.compile(
    rf"{PERSONA}[^:]+:[^:]+:(?P<short>[0-9a-f]{{12}})(?:@(?P<number>[1-9][0-9]{{0,5}}))?"
)
SPEAKERS = 50  # newest tuned assistants to choose from


def persona_list_for(team: Team) -> list[PersonaVersion]:
    """The newest version of each persona of a team, retired ones last."""
    rows = Persona.objects.filter(team=team)
    versions = newest_of(rows, PersonaVersion.objects.all())
    return sorted(versions, key=lambda one: one.persona.retired_at is not None)


def newest_of(
    rows: QuerySet[Persona], versions: QuerySet[PersonaVersion]
) -> QuerySet[PersonaVersion]:
    """Of each persona the newest of these versions, the newest persona first."""
    newest = versions.filter(persona=OuterRef("pk")).order_by("-number").values("pk")[:1]
    keys = rows.annotate(newest=Subquery(newest)).values("newest")
    chosen = PersonaVersion.objects.filter(pk__in=keys).select_related("persona__team")
    return chosen.order_by("-persona__created_at", "-persona_id")


def published(team: Team) -> QuerySet[PersonaVersion]:
    """What a team has published and not retired: one version of each persona."""
    rows = Persona.objects.filter(team=team, retired_at=None)
    return newest_of(rows, PersonaVersion.objects.exclude(published_at=None))


def persona_get(team: Team, public_id: str) -> Persona:
    """A persona of this team; Http404 otherwise."""
    found = Persona.objects.filter(team=team, public_id=public_id).select_related("team").first()
    if found is None:
        raise Http404("There is no such persona.")
    return found


def personas_for(team: Team, words: list[str], limit: int | None) -> list[Assistant]:
    """Published personas whose names or descriptions hold every word."""
    wanted = [word.casefold() for word in words]
    found = (
        assistant_of(version)
        for version in published(team)
        if all(word in f"{version.name} {version.description}".casefold() for word in wanted)
    )
    return list(islice(filter(None, found), limit))


def persona_count(team: Team) -> int:
    return published(team).count()


def persona_assistant(team: Team, name: str) -> Assistant | None:
    """The version that a name means: the one behind `@`, a draft too, or the published one.

    A retired persona is none any more, whichever version is asked for.
    """
    parts = NAME.fullmatch(name)
    if parts is None:
        return None
    if parts["number"] is None:
        rows = published(team)
    else:
        rows = PersonaVersion.objects.filter(
            persona__team=team, persona__retired_at=None, number=int(parts["number"])
        ).select_related("persona__team")
    version = rows.filter(persona__public_id=f"persona-{parts['short']}").first()
    if version is None or name not in (version.model, version.persona.model):
        return None
    return assistant_of(version)


def assistant_of(version: PersonaVersion) -> Assistant | None:
    """A version as an assistant; None where who speaks for it is gone."""
    persona = version.persona
    speaker = model_get(persona.team, version.assistant)
    if speaker is None:
        return None
    manner = Manner(
        model=persona.model,
        instruction=system_text(version.instruction),
        description=version.description,
        opening=version.opening,
        languages=version.language_codes,
        owned_by=persona.team.slug,
        created_at=version.created_at,
    )
    return Assistant(
        version.model, speaker.engine_name, version.title, "persona", speaker.base, manner=manner
    )


def first_reply(conversation: Conversation) -> Message | None:
    """Who a conversation began with; nobody where two began, whose names are hidden."""
    if conversation.compares:
        return None
    replies = conversation.messages.filter(turn=1, role=Message.Role.ASSISTANT)
    return replies.order_by("id").first()


def opening_of(conversation: Conversation) -> PersonaVersion | None:
    """The version whose opening line stands before the first message."""
    begun = first_reply(conversation)
    parts = NAME.fullmatch(begun.assistant) if begun else None
    if parts is None or parts["number"] is None:
        return None
    rows = PersonaVersion.objects.filter(
        persona__team=conversation.team_id,
        persona__public_id=f"persona-{parts['short']}",
        number=int(parts["number"]),
    )
    return rows.exclude(opening="").first()


def system_text_in(conversation: Conversation, assistant: Assistant, system: str) -> str:
    """A persona's system text, with its opening line where the person has read that here."""
    manner = assistant.manner
    if manner is None or not manner.opening:
        return system
    begun = first_reply(conversation)
    if begun is None or begun.assistant != assistant.id:
        return system
    return f"{system}\n\n{greeted(manner.opening)}"


def speakers_for(team: Team, chosen: str) -> list[Assistant]:
    """Who can speak for one: bases, the newest tuned assistants, and who was chosen before."""
    tuned = islice(assistants_of(tuned_runs(team)), SPEAKERS)
    speakers = [*map(assistant_of_base, bases_ready()), *tuned]
    kept = model_get(team, chosen) if chosen else None
    if kept is not None and kept.id not in {one.id for one in speakers}:
        speakers.append(kept)
    return speakers
