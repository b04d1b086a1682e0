"""The models that a team can talk to: ready bases, its own succeeded runs, and released ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from django.db.models import Q, QuerySet

from finetune.bases.models import BaseModel
from finetune.bases.selectors import bases_ready
from finetune.teams.models import Team

from .models import Run

MOST_WORDS = 6  # of a search


@dataclass(frozen=True)
class Assistant:
    """One model as chat and API know it.

    `id` is its name in the API; `engine_name` the name of the file that publishes it to the engine.
    """

    id: str
    engine_name: str
    title: str
    kind: Literal["base", "tuned"]
    base: BaseModel
    run: Run | None = None


def assistant_of_base(base: BaseModel) -> Assistant:
    return Assistant(base.slug, base.slug, base.title, "base", base)


def assistant_of_run(run: Run) -> Assistant | None:
    """The assistant that a run made; None where it has not succeeded or was unpublished."""
    name = run.fine_tuned_model
    if name is None or run.result.get("unpublished"):
        return None
    return Assistant(name, run.public_id, run.name, "tuned", run.base, run)


def assistants_for(team: Team, query: str = "", limit: int | None = None) -> list[Assistant]:
    """Tuned assistants first, newest first, then the bases; those whose names hold every word.

    With a limit the bases come along first, since all teams start from them, and the newest tuned
    ones fill the rest.
    """
    bases = bases_ready()
    runs = tuned_runs(team)
    for word in query.split()[:MOST_WORDS]:
        bases = bases.filter(Q(title__icontains=word) | Q(slug__icontains=word))
        runs = runs.filter(
            Q(name__icontains=word) | Q(suffix__icontains=word) | Q(public_id__endswith=word)
        )
    plain = [assistant_of_base(base) for base in bases[:limit]]
    room = None if limit is None else limit - len(plain)
    return [*islice(assistants_of(runs), room), *plain]


def assistants_of(runs: QuerySet[Run]) -> Iterator[Assistant]:
    """The assistants of these runs, read a few at a time."""
    for run in runs.iterator(chunk_size=100):
        if assistant := assistant_of_run(run):
            yield assistant


def tuned_runs(team: Team) -> QuerySet[Run]:
    """Succeeded runs of a team, and those that were let out of theirs, newest first.

    With what an assistant needs and no more.
    """
    runs = shared(team).filter(state=Run.State.SUCCEEDED)
    return runs.select_related("base", "team").defer(
        "base__shapes", "config", "spending", "latest", "error", "request_body", "metadata"
    )


def shared(team: Team) -> QuerySet[Run]:
    """The runs whose assistants a team may talk to; their pages are their own team's alone."""
    return Run.objects.filter(Q(team=team) | Q(released_at__isnull=False))


def assistant_count(team: Team) -> int:
    """About how many there are: one that was taken back is counted too."""
    return tuned_runs(team).count() + bases_ready().count()


def assistant_get(team: Team, name: str) -> Assistant | None:
    """The assistant with this API name or run id, within one team."""
    base = bases_ready().filter(slug=name).first()
    if base:
        return assistant_of_base(base)
    public_id = name if name.startswith("ftjob-") else f"ftjob-{name.rsplit(':', 1)[-1]}"
    run = shared(team).filter(public_id=public_id).select_related("base", "team")
    found = run.first()
    made = assistant_of_run(found) if found else None
    return made if made and name in {made.id, public_id} else None
