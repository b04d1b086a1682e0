"""The models that a team can talk to: ready bases, its own succeeded runs, and released ones.

And what the team has given a way of speaking; that comes from the module that the settings name
(`settings.PERSONAS`), since nothing here knows of chats.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import Literal, Protocol, cast

from django.conf import settings
from django.db.models import Q, QuerySet

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.teams.models import Team

from .checkpoints import Checkpoint, checkpoint_get
from .models import Run
from .publishing import checkpoint_publish

MOST_WORDS = 6  # of a search
PERSONA = "persona:"  # begins the API name of one
UNLISTED = Q(study_cell__listed=False, released_at=None)  # of a study, and left out of lists


@dataclass(frozen=True)
class Manner:
    """What a persona adds to the assistant that it speaks through.

    Attributes:
        model: its name in the API without a version, which stands for the published one.
        instruction: the whole system text, the site's own line first.
        description: one line for people before they choose.
        opening: shown as its words before the first message; may be empty.
        languages: `en`, `zh` or both.
        owned_by: slug of the team that wrote it.
    """

    model: str
    instruction: str
    description: str
    opening: str
    languages: tuple[str, ...]
    owned_by: str
    created_at: datetime


@dataclass(frozen=True)
class Assistant:
    """One model as chat and API know it.

    `id` is its name in the API, of a persona with its version; `engine_name` the name of the file
    that publishes it to the engine. A persona has no run, since nobody has trained it.
    """

    id: str
    engine_name: str
    title: str
    kind: Literal["base", "tuned", "persona"]
    base: BaseModel
    run: Run | None = None
    manner: Manner | None = None


class Personas(Protocol):
    """The ways of speaking that teams have written."""

    def personas_for(self, team: Team, words: list[str], limit: int | None) -> list[Assistant]: ...

    def persona_assistant(self, team: Team, name: str) -> Assistant | None: ...

    def persona_count(self, team: Team) -> int: ...


def personas() -> Personas:
    return cast(Personas, import_module(settings.PERSONAS))


def assistant_of_base(base: BaseModel) -> Assistant:
    return Assistant(base.slug, base.slug, base.title, "base", base)


def assistant_of_run(run: Run) -> Assistant | None:
    """The assistant that a run made; None where it has not succeeded or was unpublished."""
    name = run.fine_tuned_model
    if name is None or run.result.get("unpublished"):
        return None
    return Assistant(name, run.public_id, run.name, "tuned", run.base, run)


def assistant_of_checkpoint(checkpoint: Checkpoint) -> Assistant:
    run = checkpoint.run
    title = f"{run.name}, step {checkpoint.step}"
    return Assistant(checkpoint.name, checkpoint.engine_name, title, "tuned", run.base, run)


def assistants_for(
    team: Team, query: str = "", limit: int | None = None, *, studies: bool = False
) -> list[Assistant]:
    """Tuned assistants, newest first, then personas, then bases; whose names hold every word.

    With a limit the bases come along first, since all teams start from them; personas take up to
    half of the rest, and the newest tuned ones what is left. Of the runs of studies only those
    that somebody has put there come along, or all with `studies`.
    """
    bases = bases_ready()
    runs = tuned_runs(team, studies=studies)
    words = query.split()[:MOST_WORDS]
    for word in words:
        bases = bases.filter(Q(title__icontains=word) | Q(slug__icontains=word))
        runs = runs.filter(
            Q(name__icontains=word) | Q(suffix__icontains=word) | Q(public_id__endswith=word)
        )
    plain = [assistant_of_base(base) for base in bases[:limit]]
    room = None if limit is None else limit - len(plain)
    manners = personas().personas_for(team, words, None if room is None else -(-room // 2))
    room = None if room is None else room - len(manners)
    return [*islice(assistants_of(runs), room), *manners, *plain]


def assistants_of(runs: QuerySet[Run]) -> Iterator[Assistant]:
    """The assistants of these runs, read a few at a time."""
    for run in runs.iterator(chunk_size=100):
        if assistant := assistant_of_run(run):
            yield assistant


def tuned_runs(team: Team, *, studies: bool = False) -> QuerySet[Run]:
    """Succeeded runs of a team, and those that were let out of theirs, newest first.

    With what an assistant needs and no more; of the runs of studies those that somebody has put
    there, or all with `studies`.
    """
    runs = shared(team).filter(state=Run.State.SUCCEEDED)
    if not studies:
        runs = runs.exclude(UNLISTED)
    return runs.select_related("base", "team").defer(
        "base__shapes", "config", "spending", "latest", "error", "request_body", "metadata"
    )


def shared(team: Team) -> QuerySet[Run]:
    """The runs whose assistants a team may talk to; their pages are their own team's alone."""
    return Run.objects.filter(Q(team=team) | Q(released_at__isnull=False))


def unlisted_count(team: Team) -> int:
    """How many assistants the runs of studies have made that nobody has put there."""
    return tuned_runs(team, studies=True).filter(UNLISTED).count()


def assistant_count(team: Team, *, studies: bool = False) -> int:
    """About how many there are: one that was taken back is counted too."""
    return (
        tuned_runs(team, studies=studies).count()
        + bases_ready().count()
        + personas().persona_count(team)
    )


def assistant_get(team: Team, name: str) -> Assistant | None:
    """The assistant with this API name or run id, within one team; of a persona one version."""
    if name.startswith(PERSONA):
        return personas().persona_assistant(team, name)
    return model_get(team, name)


def model_get(team: Team, name: str) -> Assistant | None:
    """The base or tuned model with this API name or run id, which no persona is.

    A checkpoint whose files are kept is one too: the engine is told of it when it is asked for.
    """
    base = bases_ready().filter(slug=name).first()
    if base:
        return assistant_of_base(base)
    if checkpoint := checkpoint_get(team, name):
        return assistant_of_checkpoint(checkpoint) if checkpoint_publish(checkpoint) else None
    public_id = name if name.startswith("ftjob-") else f"ftjob-{name.rsplit(':', 1)[-1]}"
    run = shared(team).filter(public_id=public_id).select_related("base", "team")
    found = run.first()
    made = assistant_of_run(found) if found else None
    return made if made and name in {made.id, public_id} else None
