"""What is checked before a run exists: its settings, its data, the run that it continues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from finetune.bases.models import BaseModel as Base
from finetune.datasets.formats import form as formats
from finetune.datasets.formats.form import DIALOGUES
from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.runs.form.estimates import RunChoice
from finetune.teams.models import ApiKey, Team, User
from finetune.training.devices.count import devices_missing
from finetune.training.dialogues.positions import positions_problem
from finetune.training.exceptions import BadConfig
from finetune.training.loop import checkpoints
from finetune.training.loop.finite_files import adapter_problem
from finetune.training.plan import RunPlan
from finetune.training.preference.settings import PREFERENCE, SUPERVISED
from finetune.training.problems import Problem
from finetune.training.settings import RunSettings

from .models import Run
from .worker.devices import devices_reported

KIND_OF_DATA = {DIALOGUES: SUPERVISED, formats.PREFERENCE: PREFERENCE}
MAY_CHANGE = frozenset(
    {
        "backend",
        "shots",
        "gradient",
        "spsa_samples",
        "readout_mitigation",
        "zne",
        "dropout",
    }
)


class Agreement(BaseModel):
    """What a run on a billable backend may take at most: the consent that the page asks for."""

    model_config = ConfigDict(title="Spending", frozen=True, extra="forbid")

    key: str = Field(max_length=40, description="Id of the team's quantum key that pays.")
    circuits: int = Field(gt=0, description="Most circuits of the whole job.")
    shots: int = Field(gt=0, description="Most shots of all circuits together.")
    seconds: float = Field(gt=0, description="Most seconds of processor time, by estimate.")


@dataclass(frozen=True, kw_only=True)
class RunOrder(RunChoice):
    """A run that somebody wants started; what else it says is kept with it (see `Run`)."""

    base: Base
    dataset: Dataset
    user: User | None  # None for the studio itself
    name: str = ""  # empty: one made from its settings
    suffix: str = ""
    preset: str = ""
    epochs: float | None = None  # decides the steps once the data is counted
    agreement: Agreement | None = None  # needed for a billable backend
    priority: int = Run.Priority.NORMAL  # how soon it starts, among its team's
    key: ApiKey | None = None  # of the API, where it was started with one
    metadata: Mapping[str, str] = field(default_factory=dict)
    request_body: Mapping[str, Any] = field(default_factory=dict)


def settings_read(values: Mapping[str, Any]) -> RunSettings:
    """Parse plain values.

    Raises:
        RunRefused: an unknown field, a wrong type, a value out of its bounds.
    """
    try:
        return RunSettings.from_dict(values)
    except BadConfig as error:
        raise refusal(error.problems) from error


def settings_check(plan: RunPlan, base: Base) -> None:
    """Refuse settings that do not go together, or not with the base.

    Raises:
        RunRefused: with one problem per field that cannot be used.
    """
    chosen, problems = plan.settings, []
    if base.state != Base.State.READY:
        words = f"{base.title} is not ready: {base.problem or base.get_state_display()}"
        problems.append(Problem("base", words))
    if chosen.machine.get("url"):
        # Else whoever starts a run could have the team's key sent to any address.
        words = "the address belongs to the key, on the Quantum page"
        problems.append(Problem("backend_options", words, "url"))
    problems += plan.problems
    if missing := devices_missing(chosen.devices, devices_reported()):
        problems.append(missing)
    if not problems:
        problems += base_problems(chosen, base)
    if problems:
        raise refusal(problems)


def base_problems(chosen: RunSettings, base: Base) -> Iterable[Problem]:
    """What the base has not: layers of that name, positions for that length."""
    known = {module.rsplit(".", 1)[-1] for module in base.shapes}
    missing = [name for name in chosen.targets if known and name not in known]
    if missing:
        words = f"{base.title} has no layer named {', '.join(missing)}; it has "
        yield Problem("targets", f"{words}{', '.join(sorted(known))}.")
    if too_long := positions_problem(base.title, base.max_positions, chosen.sequence_length):
        yield Problem("sequence_length", f"{too_long}.")


def refusal(problems: Iterable[Problem]) -> RunRefused:
    first, *others = problems
    return RunRefused(
        _("%(place)s: %(text)s") % {"place": first.place, "text": first.text},
        code="invalid",
        field=first.place,
        problems=(first, *others),
    )


def kind_check(field: str, dataset: Dataset, kind: str) -> None:
    """Refuse data of another kind than the run learns from, once it is known.

    Raises:
        RunRefused: with what would do.
    """
    if dataset.state != Dataset.State.READY or KIND_OF_DATA[dataset.kind] == kind:
        return
    if kind == PREFERENCE:
        words = _(
            "“%(name)s” holds dialogues, and a preference run learns from pairs of replies. Choose "
            "a data set of pairs, or a supervised run."
        )
    else:
        words = _(
            "“%(name)s” holds pairs of replies, of which one was preferred, and a supervised run "
            "learns from dialogues. Choose the kind “preference” (in the API the method “dpo”), or "
            "a data set of dialogues."
        )
    raise RunRefused(words % {"name": dataset.name}, code="wrong_kind", field=field)


def dataset_usable(field: str, dataset: Dataset, team: Team) -> None:
    if dataset.team_id != team.pk or dataset.deleted_at is not None:
        raise RunRefused(
            _("There is no such data set in this team."), code="not_found", field=field
        )
    if dataset.state in {Dataset.State.FAILED, Dataset.State.CANCELLED}:
        reason = dataset.problem.get("message", "the check refused it")
        raise RunRefused(
            _("“%(name)s” cannot be used: %(reason)s") % {"name": dataset.name, "reason": reason},
            code="invalid_file",
            field=field,
        )


def continuation_check(previous: Run, order: RunOrder, chosen: RunSettings) -> None:
    """Refuse settings under which the adapter of an earlier run would be another adapter.

    Raises:
        RunRefused: with the first thing that differs, or that there is nothing to go on from.
    """
    if previous.team_id != order.team.pk:
        raise RunRefused(
            _("There is no such run in this team."), code="not_found", field="continues"
        )

    def refused(problem: str) -> RunRefused:
        words = _("It cannot go on from “%(name)s”: %(problem)s") % {
            "name": previous.name,
            "problem": problem,
        }
        return RunRefused(words, code="invalid", field="continues")

    if order.continues_step is not None:
        if start_folder(previous, order.continues_step) is None:
            raise refused(
                _(
                    "its checkpoint after step %(step)s is not kept any more, or cannot be read. "
                    "Choose another one."
                )
                % {"step": order.continues_step}
            )
    elif start_folder(previous) is None:
        raise refused(
            _(
                "that run has neither a trained adapter nor a checkpoint whose numbers are finite. "
                "Finish or pause it first, or choose another run."
            )
        )
    if previous.base_id != order.base.pk:
        raise refused(_("that adapter was made for %(title)s.") % {"title": previous.base.title})
    before = previous.settings
    for name in ("adapter", "targets", "seed"):
        old, new = getattr(before, name), getattr(chosen, name)
        if old != new:
            raise refused(
                _("%(name)s must stay %(old)s, not %(new)s.")
                % {"name": name, "old": shown(old), "new": shown(new)}
            )
    other = before.adapter_options
    for name, value in chosen.adapter_options.items():
        if name not in MAY_CHANGE and other.get(name, value) != value:
            raise refused(
                _("%(name)s must stay %(old)s, not %(new)s.")
                % {"name": name, "old": shown(other[name]), "new": shown(value)}
            )
    if before.calibration != chosen.calibration:
        raise refused(
            _("the couplers of its circuit must stay; leave out the setting calibration.")
        )


def shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def start_folder(run: Run, step: int | None = None) -> Path | None:
    """Where the adapter lies that another run can start from; None if there is none.

    One that holds numbers that are not finite is none: nothing can be learned from there.

    Args:
        run: the earlier run.
        step: of one of its checkpoints, whatever has become of the run.
    """
    if step is not None:
        path = run.folder / "checkpoints" / f"checkpoint-{step}"
        return path if checkpoints.is_intact(path) and not adapter_problem(path) else None
    if run.state == Run.State.SUCCEEDED:
        found = run.folder / "adapter"
        return found if found.is_dir() and not adapter_problem(found) else None
    if run.state == Run.State.PAUSED:
        return checkpoints.newest(run.folder / "checkpoints", adapter_problem).path
    return None
