"""The models that a team can talk to: every ready base and its own succeeded runs."""

from dataclasses import dataclass
from typing import Literal

from finetune.models import BaseModel, Run, Team

from .bases import bases_ready


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


def assistants_for(team: Team) -> list[Assistant]:
    """Tuned assistants first, newest first, then the bases."""
    runs = Run.objects.for_team(team).filter(state=Run.State.SUCCEEDED)
    tuned = [assistant_of_run(run) for run in runs.select_related("base", "team")]
    return [one for one in tuned if one] + [assistant_of_base(base) for base in bases_ready()]


def assistant_get(team: Team, name: str) -> Assistant | None:
    """The assistant with this API name or run id, within one team."""
    base = bases_ready().filter(slug=name).first()
    if base:
        return assistant_of_base(base)
    public_id = name if name.startswith("ftjob-") else f"ftjob-{name.rsplit(':', 1)[-1]}"
    run = Run.objects.for_team(team).filter(public_id=public_id).select_related("base", "team")
    found = run.first()
    made = assistant_of_run(found) if found else None
    return made if made and name in {made.id, public_id} else None
