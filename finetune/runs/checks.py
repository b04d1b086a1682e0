"""What is checked before a run exists: its settings, its data, the run that it continues."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.exceptions import RunRefused
from finetune.teams.models import Team
from finetune.training.args import RunConfig, defaults
from finetune.training.circuits.backends import backend_options
from finetune.training.dialogues.positions import positions_problem
from finetune.training.exceptions import BadConfig
from finetune.training.loop import checkpoints
from finetune.training.loop.finite_files import adapter_problem
from quantum.adapters.registry import ADAPTERS, get_adapter
from quantum.backends.registry import BACKENDS
from quantum.exceptions import OptionError, UnknownNameError

from .models import Run

DEFAULTS = defaults()
PLACEHOLDERS = {"base_model": "base", "train_file": "train.jsonl", "start_adapter": ""}
PATHS = ("base_model", "train_file", "validation_file", "start_adapter")
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


def config_check(values: Mapping[str, Any], base: BaseModel) -> dict[str, Any]:
    """Return the settings complete and normalised, without paths.

    Raises:
        RunRefused: an unknown base, adapter, option, target or a value out of its bounds.
    """
    problems: dict[str, str] = {}
    if base.state != BaseModel.State.READY:
        problems["base"] = f"{base.title} is not ready: {base.problem or base.get_state_display()}"
    options = values.get("backend_options")
    if isinstance(options, Mapping) and options.get("url"):
        # Else whoever starts a run could have the team's key sent to any address.
        problems["backend_options"] = "url: the address belongs to the key, on the Quantum page"
    complete: dict[str, Any] = {}
    try:
        complete = RunConfig.from_dict({**values, **PLACEHOLDERS}).to_dict()
        spec = get_adapter(complete["adapter"])
        clean = spec.validate(complete["adapter_options"])
        clean.pop("backend", None)  # a setting of the run
        complete["adapter_options"] = clean
        place = dict(backend_options(complete["backend"], complete["backend_options"]))
        place.pop("url", None)  # belongs to the key
        complete["backend_options"] = place
        if base.shapes:
            spec.count(base.linear_shapes, complete["targets"], complete["adapter_options"])
    except BadConfig as error:
        problems |= named_options(error.problems, values)
    except UnknownNameError as error:
        problems["adapter"] = str(error)
    except OptionError as error:
        problems[error.field] = str(error).removeprefix(f"{error.field}: ")
    if problems:
        raise refusal(problems, values)
    for name in PATHS:
        del complete[name]
    known = {module.rsplit(".", 1)[-1] for module in base.shapes}
    missing = [name for name in complete["targets"] if known and name not in known]
    if missing:
        problems["targets"] = (
            f"{base.title} has no layer named {', '.join(missing)}; "
            f"it has {', '.join(sorted(known))}."
        )
    if too_long := positions_problem(base.title, base.max_positions, complete["sequence_length"]):
        problems["sequence_length"] = f"{too_long}."
    if problems:
        raise refusal(problems, values)
    return complete


def named_options(problems: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """The problems, with an option of the adapter or backend under that option's own name."""
    named = {}
    for field, problem in problems.items():
        option, _, words = problem.partition(": ")
        is_option = option in options_of(field, values)
        named[option if is_option else field] = words if is_option else problem
    return named


def options_of(field: str, values: Mapping[str, Any]) -> set[str]:
    """The names of options that a setting takes or was given; none for one without options."""
    specs: Mapping[str, Any] = {}
    chosen = ""
    if field == "adapter_options":
        specs, chosen = ADAPTERS, str(values.get("adapter", DEFAULTS["adapter"]))
    elif field == "backend_options":
        specs, chosen = BACKENDS, str(values.get("backend", DEFAULTS["backend"]))
    known = {option.name for option in specs[chosen].fields} if chosen in specs else set()
    given = values.get(field) if specs else None
    return known | set(given if isinstance(given, Mapping) else ())


def place_of(name: str, values: Mapping[str, Any]) -> str:
    """Where the one who sent the settings finds this one: `adapter_options.r`."""
    if name not in DEFAULTS:
        for field in ("adapter_options", "backend_options"):
            if name in options_of(field, values):
                return f"{field}.{name}"
    return name


def refusal(problems: Mapping[str, str], values: Mapping[str, Any]) -> RunRefused:
    name, first = next(iter(problems.items()))
    field = place_of(name, values)
    return RunRefused(f"{field}: {first}", code="invalid", field=field, problems=dict(problems))


def dataset_usable(field: str, dataset: Dataset, team: Team) -> None:
    if dataset.team_id != team.pk or dataset.deleted_at is not None:
        raise RunRefused("There is no such data set in this team.", code="not_found", field=field)
    if dataset.state == Dataset.State.FAILED:
        reason = dataset.problem.get("message", "the check refused it")
        raise RunRefused(
            f"“{dataset.name}” cannot be used: {reason}", code="invalid_file", field=field
        )


def continuation_check(
    previous: Run, base: BaseModel, team: Team, config: Mapping[str, Any]
) -> None:
    """Refuse settings under which the adapter of an earlier run would be another adapter.

    Raises:
        RunRefused: with the first thing that differs, or that there is nothing to go on from.
    """
    if previous.team_id != team.pk:
        raise RunRefused("There is no such run in this team.", code="not_found", field="continues")

    def refused(problem: str) -> RunRefused:
        words = f"It cannot go on from “{previous.name}”: {problem}"
        return RunRefused(words, code="invalid", field="continues")

    if start_folder(previous) is None:
        raise refused(
            "that run has neither a trained adapter nor a checkpoint whose numbers are finite. "
            "Finish or pause it first, or choose another run."
        )
    if previous.base_id != base.pk:
        raise refused(f"that adapter was made for {previous.base.title}.")
    before = previous.config
    for name in ("adapter", "targets", "seed"):
        if before[name] != config[name]:
            raise refused(f"{name} must stay {shown(before[name])}, not {shown(config[name])}.")
    other = before["adapter_options"]
    for name, value in config["adapter_options"].items():
        if name not in MAY_CHANGE and other.get(name, value) != value:
            raise refused(f"{name} must stay {shown(other[name])}, not {shown(value)}.")
    if before.get("calibration", "") != config["calibration"]:
        raise refused("the couplers of its circuit must stay; leave out the setting calibration.")


def shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def start_folder(run: Run) -> Path | None:
    """Where the adapter lies that another run can start from; None if there is none.

    One that holds numbers that are not finite is none: nothing can be learned from there.
    """
    if run.state == Run.State.SUCCEEDED:
        found = run.folder / "adapter"
        return found if found.is_dir() and not adapter_problem(found) else None
    if run.state == Run.State.PAUSED:
        return checkpoints.newest(run.folder / "checkpoints", adapter_problem).path
    return None
