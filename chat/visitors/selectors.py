"""Whether there are visitors here, who is one, and whom they may talk to."""

from __future__ import annotations

from django.conf import settings

from chat.visitors.models import Visitor
from finetune.bases.selectors import bases_ready
from finetune.runs.assistants import Assistant, assistant_get, assistant_of_base, assistant_of_run
from finetune.runs.models import Run
from finetune.teams.models import Team, User

# Slug of the team without members that talks with a base belong to; no name makes this slug.
LOBBY = "_visitors"


def is_visitor(user: User) -> bool:
    return Visitor.objects.filter(user_id=user.pk).exists()


def assistant_offered() -> tuple[Team | None, Assistant] | None:
    """The one assistant that the operator offers, and its team; a base belongs to no team."""
    name = settings.ANONYMOUS_ASSISTANT
    if not settings.ANONYMOUS_CHAT or not name:
        return None
    base = bases_ready().filter(slug=name).first()
    if base is not None:
        return None, assistant_of_base(base)
    public_id = name if name.startswith("ftjob-") else f"ftjob-{name.rsplit(':', 1)[-1]}"
    run = Run.objects.filter(public_id=public_id).select_related("team", "base").first()
    assistant = assistant_of_run(run) if run is not None else None
    if run is None or assistant is None or assistant_get(run.team, name) is None:
        return None
    return run.team, assistant


def visitors_welcome() -> bool:
    """Whether somebody without an account can talk here now."""
    return assistant_offered() is not None
