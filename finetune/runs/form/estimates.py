"""What a run will cost, told before it starts: parameters, passes over the data, circuits, time.

Counts are exact, from the base's real shapes. Time and memory come from runs this machine has
measured; without one they are unknown, and that is what is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.runs.calibrations import calibration_for, chip_words
from finetune.runs.circuits import RunCircuit, circuit_for
from finetune.runs.models import Run
from finetune.teams.models import Team
from finetune.training.circuits.backends import on_chip, run_chip
from quantum.adapters.registry import ADAPTERS, OptionError, reference_count
from quantum.adapters.spec import targeted
from quantum.chips.calibration import Calibration

from .sampling import RunSampling, run_sampling

MEASURED_RUNS = 5


@dataclass(frozen=True)
class RunEstimate:
    """Each number is None where something it needs is missing or cannot be used."""

    parameters: int | None = None
    reference: int | None = None
    modules: int = 0
    problem: str = ""
    chip: str = ""
    circuit: RunCircuit | None = None
    quantum: bool = False
    dialogues: int | None = None
    epochs: float | None = None
    tokens_per_step: int | None = None
    circuits_per_step: int | None = None
    sampling: RunSampling | None = None
    seconds: float | None = None
    memory_mb: float | None = None
    measured_on: str = ""

    @property
    def ratio(self) -> float | None:
        """Parameters over those of LoRA r = 8 on q_proj and v_proj."""
        if self.parameters is None or not self.reference:
            return None
        return self.parameters / self.reference

    @property
    def ratio_words(self) -> str:
        """For example “79.8 % fewer than LoRA r = 8”."""
        ratio = self.ratio
        if ratio is None:
            return ""
        if abs(ratio - 1) < 0.0005:
            return "as many as LoRA r = 8 on q and v"
        if ratio >= 2:
            return f"{ratio:.3g} times LoRA r = 8 on q and v"
        word = "fewer" if ratio < 1 else "more"
        return f"{100 * abs(1 - ratio):.1f} % {word} than LoRA r = 8 on q and v"


def run_estimate(team: Team, chosen: Mapping[str, Any]) -> RunEstimate:
    """Estimate from what is chosen so far; unusable fields are simply not in `chosen`.

    Args:
        chosen: fields of the run form by name: base and dataset as objects, `adapter_options` as a
            dict, numbers as numbers.
    """
    base: BaseModel | None = chosen.get("base")
    adapter = chosen.get("adapter", "")
    targets = chosen.get("targets") or []
    found: dict[str, Any] = {}
    if base is not None and adapter in ADAPTERS and targets:
        config = {**chosen, "backend": chosen.get("backend") or "statevector"}
        config["calibration"] = calibration_for(team, config, chosen.get("continues"))
        found |= counted(base, config)
        found["sampling"] = run_sampling(
            config, base.linear_shapes, continued=chosen.get("continues") is not None
        )
    found |= amounts(chosen, found.get("circuit"))
    if base is not None:
        found |= measured(team, base, adapter, chosen, found.get("tokens_per_step"))
    return RunEstimate(**found)


def counted(base: BaseModel, config: Mapping[str, Any]) -> dict[str, Any]:
    shapes, adapter, targets = base.linear_shapes, config["adapter"], config["targets"]
    options, calibration = config.get("adapter_options", {}), config["calibration"]
    modules = targeted(shapes, targets)
    found: dict[str, Any] = {
        "modules": len(modules),
        "circuit": circuit_for(adapter, options, modules, config["backend"], calibration),
        "quantum": ADAPTERS[adapter].quantum,
    }
    try:
        if on_chip(config):
            found |= on_its_chip(adapter, options, run_chip(config))
        found["parameters"] = ADAPTERS[adapter].count(shapes, targets, options)
    except OptionError as error:
        labels = {option.name: option.label for option in ADAPTERS[adapter].fields}
        words = str(error).removeprefix(f"{error.field}: ")
        found["problem"] = f"{labels.get(error.field, error.field)}: {words}"
    try:
        found["reference"] = reference_count(shapes)
    except OptionError:
        found["reference"] = None  # a base without q_proj and v_proj has no such reference
    return found


def on_its_chip(
    adapter: str, options: Mapping[str, Any], chip: Calibration | None
) -> dict[str, Any]:
    """The chip that the circuit is built on, in words.

    Raises:
        OptionError: it is not known, or too small.
    """
    if chip is None:
        raise OptionError("topology", "nobody has fetched this chip's figures yet")
    ADAPTERS[adapter].circuit(options, chip)
    return {"chip": chip_words(chip)}


def amounts(chosen: Mapping[str, Any], circuit: RunCircuit | None) -> dict[str, Any]:
    """Passes over the data, tokens and circuits of a step."""
    batch, passes = chosen.get("batch_size"), chosen.get("gradient_accumulation")
    dataset: Dataset | None = chosen.get("dataset")
    if not (batch and passes and dataset):
        return {}
    per_step = batch * passes
    found: dict[str, Any] = {}
    if circuit and circuit.by_block:
        found["circuits_per_step"] = circuit.copies  # without data: the same for any batch
    if dialogues := train_dialogues(dataset, chosen.get("validation_dataset")):
        found["dialogues"] = dialogues
        if chosen.get("steps"):
            found["epochs"] = chosen["steps"] * per_step / dialogues
    if (mean := mean_tokens(dataset)) and chosen.get("sequence_length"):
        found["tokens_per_step"] = round(per_step * min(mean, chosen["sequence_length"]))
        if circuit and not circuit.by_block:
            found["circuits_per_step"] = found["tokens_per_step"] * circuit.copies
    return found


def train_dialogues(dataset: Dataset, validation: Dataset | None) -> int:
    """Dialogues to learn from: all of them where another set is held out."""
    learnt = dataset.report.get("train", {}).get("dialogues", 0)
    held = dataset.report.get("validation", {}).get("dialogues", 0)
    return int(learnt) + (int(held) if validation else 0)


def mean_tokens(dataset: Dataset) -> float | None:
    """Tokens in a dialogue, on average."""
    tokens, dialogues = dataset.report.get("tokens"), dataset.report.get("dialogues")
    return tokens / dialogues if tokens and dialogues else None


def measured(
    team: Team,
    base: BaseModel,
    adapter: str,
    chosen: Mapping[str, Any],
    tokens_per_step: int | None,
) -> dict[str, Any]:
    """Time and memory from the team's newest runs on this base, with this adapter if there are."""
    runs = list(
        Run.objects.for_team(team)
        .filter(base=base, state=Run.State.SUCCEEDED)
        .only("name", "config", "latest")
        .order_by("-finished_at")[:40]
    )
    same = [run for run in runs if run.config.get("adapter") == adapter]
    taken = [run for run in same or runs if run.latest.get("tokens_per_second")][:MEASURED_RUNS]
    if not taken:
        return {}
    speed = median(run.latest["tokens_per_second"] for run in taken)
    memory = [run.latest["memory_mb"] for run in taken if run.latest.get("memory_mb")]
    what = ADAPTERS[adapter].title if same and adapter in ADAPTERS else "other adapters"
    found: dict[str, Any] = {
        "memory_mb": max(memory) if memory else None,
        "measured_on": f"{len(taken)} earlier run{'s' if len(taken) > 1 else ''} with {what}: "
        f"{speed:.0f} tokens a second",
    }
    if tokens_per_step and chosen.get("steps") and speed > 0:
        seconds = chosen["steps"] * tokens_per_step / speed
        found["seconds"] = round(seconds, -1) if seconds < 600 else round(seconds / 60) * 60
    return found
