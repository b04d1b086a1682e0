"""What is evaluated: a run's adapter, one of its checkpoints, or a base without one.

Reads a trainer's folder and loads nothing. Knows nothing of torch models or of data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.training.computing.chosen import FILE, Computing, run_device
from finetune.training.computing.precision import precision_of
from finetune.training.computing.threads import free_threads
from finetune.training.config import RunConfig
from finetune.training.exceptions import DamagedLog
from finetune.training.log.events import read_events
from finetune.training.loop import checkpoints
from finetune.training.loop.finite_files import WEIGHTS

from .exceptions import EvaluationError

ADAPTER = "adapter"
BEST, LAST, BASE = "best", "last", "base"


@dataclass(frozen=True)
class Subject:
    """One model to evaluate.

    Attributes:
        config: the settings it is evaluated with.
        computing: number format and threads.
        folder: the run's folder; None for a base by itself.
        weights: the folder that holds its adapter; None for the base as it is.
        checkpoint: as it was asked for: `best`, `last`, `base` or a step.
        step: the optimizer step after which its weights were written; 0 for a base.
        notes: what a reader of its scores should know.
    """

    config: RunConfig
    computing: Computing
    folder: Path | None = None
    weights: Path | None = None
    checkpoint: str = BASE
    step: int = 0
    notes: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return what a file of scores says of it."""
        return {
            "run": None if self.folder is None else str(self.folder),
            "base_model": self.config.base_model,
            "adapter": self.config.adapter if self.weights else None,
            "checkpoint": self.checkpoint,
            "step": self.step,
            "weights": None if self.weights is None else self.weights.name,
            "seed": self.config.seed,
            "learning_rate": self.config.learning_rate,
            "sequence_length": self.config.sequence_length,
            "system_prompt": self.config.system_prompt,
        }


def run_subject(
    folder: Path, checkpoint: str = BEST, *, precision: str = "", threads: int = 0
) -> Subject:
    """Find a run's weights.

    Args:
        folder: the run's folder.
        checkpoint: `best` is the step with the lowest held-out loss of those that are kept, `last`
            the newest weights, `base` the base without the adapter; or a step.
        precision: instead of the run's own.
        threads: instead of the run's own.

    Raises:
        EvaluationError: there are no such weights.
        BadConfig: the run's settings cannot be read.
    """
    folder = folder.absolute()
    config = RunConfig.read(folder / "config.json")
    computing = computing_of(config, folder, precision=precision, threads=threads)
    notes = [doubt] if (doubt := computing.doubt()) else []
    if checkpoint in (BASE, "0"):
        return Subject(config, computing, folder, None, BASE, notes=notes)
    kept = weights_kept(folder)
    if not kept:
        raise EvaluationError(
            f"{folder} holds no weights: neither a checkpoint nor an adapter. Let the run come to "
            "its first checkpoint"
        )
    if checkpoint == LAST:
        step = max(kept)
    elif checkpoint == BEST:
        step = _best(folder, kept, notes)
    else:
        step = _step(checkpoint, kept)
    return Subject(config, computing, folder, kept[step], checkpoint, step, notes)


def base_subject(
    base: str,
    config: Path | None,
    *,
    precision: str = "",
    threads: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Subject:
    """Take a base as it is, with a run's settings or the usual ones.

    Args:
        base: its folder or hub id.
        config: a run's `config.json`; number format and threads beside it count too.
        precision: instead of that run's.
        threads: likewise.
        settings: system prompt, sequence length and batch size instead of that run's.

    Raises:
        BadConfig: the settings cannot be used.
    """
    known: dict[str, Any] = {"train_file": "(none)", "adapter": "lora"}
    if config is not None:
        known = RunConfig.read(config).to_dict()
    made = RunConfig.from_dict({**known, **(settings or {}), "base_model": base})
    folder = None if config is None else config.absolute().parent
    return Subject(made, computing_of(made, folder, precision=precision, threads=threads))


def computing_of(
    config: RunConfig, folder: Path | None, *, precision: str = "", threads: int = 0
) -> Computing:
    """Return how a run computes, as its folder says, or as a new one would; nothing is written."""
    kept = None
    if folder is not None:
        try:
            kept = Computing(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            kept = None  # never trained here: as a new run
    if kept is not None and not precision:
        chosen = kept.format
    else:
        chosen = precision_of(precision or config.precision, run_device())
    taken = threads or config.threads or (kept.threads if kept else free_threads())
    return Computing(chosen.name, chosen.why, taken)


def losses_of(folder: Path) -> dict[int, float]:
    """Return the held-out losses of a run's log, by step.

    Raises:
        EvaluationError: the log is damaged.
    """
    try:
        events = list(read_events(folder / "events.jsonl"))
    except FileNotFoundError:
        return {}
    except DamagedLog as error:
        raise EvaluationError(str(error)) from error
    found = {}
    for event in events:
        if event["type"] == "evaluation" and event["data"].get("validation_loss") is not None:
            found[int(event["data"]["step"])] = float(event["data"]["validation_loss"])
    return found


def weights_kept(folder: Path) -> dict[int, Path]:
    """Return the folders that hold whole weights of a run, by step; its adapter goes first."""
    found = {
        checkpoints.step_of(path): path
        for path in checkpoints.checkpoints(folder / "checkpoints")
        if checkpoints.is_intact(path)
    }
    adapter = folder / ADAPTER
    if (adapter / WEIGHTS).is_file() and checkpoints.is_intact(adapter):
        found[_adapter_step(folder)] = adapter
    return found


def _adapter_step(folder: Path) -> int:
    """Return the step of the run's adapter, as its result tells."""
    step = 0
    for event in read_events(folder / "events.jsonl"):
        if event["type"] == "result":
            step = int(event["data"].get("adapter_step") or event["data"].get("last_step") or 0)
    return step or RunConfig.read(folder / "config.json").steps


def _best(folder: Path, kept: Mapping[int, Path], notes: list[str]) -> int:
    losses = {step: loss for step, loss in losses_of(folder).items() if step > 0}
    if not losses:
        raise EvaluationError(
            f"{folder} has no held-out losses, so no step is the best: name a step, or take the "
            "last one (--checkpoint last)"
        )
    known = sorted((loss, step) for step, loss in losses.items() if step in kept)
    if not known:
        raise EvaluationError(
            f"No weights of {folder} have a held-out loss: name a step, of "
            f"{', '.join(map(str, sorted(kept)))}"
        )
    lowest = min((loss, step) for step, loss in losses.items())
    if lowest != known[0]:
        notes.append(
            f"The lowest held-out loss, {lowest[0]:.4f}, was at step {lowest[1]}, whose weights "
            f"are gone; step {known[0][1]} has {known[0][0]:.4f}."
        )
    return known[0][1]


def _step(text: str, kept: Mapping[int, Path]) -> int:
    steps = ", ".join(map(str, sorted(kept)))
    if not text.isdigit() or int(text) not in kept:
        raise EvaluationError(
            f"There is no checkpoint {text}: take best, last, base, or one of {steps}"
        )
    return int(text)
