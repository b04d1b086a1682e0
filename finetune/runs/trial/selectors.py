"""Reading trials: the newest of some settings, and what forecasts learn from them."""

from __future__ import annotations

from django.http import Http404

from finetune.teams.models import Team, User
from finetune.training.forecast.learned import Past
from finetune.training.forecast.workload import Workload
from finetune.training.use.meter import Use

from .models import Trial

KEPT = 20  # newest trials of a team that forecasts look at


def trial_get(user: User, public_id: str) -> Trial:
    """The trial, or Http404 where it is not one of this person's teams'."""
    found = Trial.objects.for_user(user).filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such trial.")
    trial: Trial = found
    return trial


def trial_of(team: Team, settings_key: str) -> Trial | None:
    """The team's newest trial of these settings."""
    found: Trial | None = Trial.objects.for_team(team).filter(settings_key=settings_key).first()
    return found


def trials_past(team: Team) -> list[Past]:
    """What the team's newest trials took."""
    done = Trial.objects.for_team(team).filter(state=Trial.State.DONE).select_related("base")
    return [past for trial in done[:KEPT] if (past := past_of(trial))]


def past_of(trial: Trial) -> Past | None:
    work = Workload.read(trial.work)
    if work is None:
        return None
    result = trial.result
    use = Use(
        peak_bytes=int(result["peak_bytes"]),
        measured={"steps": 1, "step_seconds": float(result["step_seconds"])},
    )
    return Past.of(
        work,
        use,
        base=trial.base.slug,
        adapter=str(trial.config["adapter"]),
        backend=trial.sampled,
        precision=str(result["precision"]),
        settings=trial.settings_key,
    )
