"""Checkpoints as models to talk to: what they are called, where they lie, whether they still do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from finetune.teams.models import Team
from finetune.training.loop import checkpoints
from finetune.training.watch.stopping import best_step

from .models import Run, RunEvent

NEAR = 50  # numbers of the log around a checkpoint in which its step was measured
NAME = re.compile(r"ft:.+:(?P<short>[^:]+):ckpt-step-(?P<step>[0-9]{1,9})", re.DOTALL)


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint that a run has written, whether or not its files are still there."""

    run: Run
    step: int

    @property
    def name(self) -> str:
        """Its name in the API: the tuned model's, whatever has become of the run, and the step."""
        run = self.run
        short = run.public_id.removeprefix("ftjob-")
        tuned = f"ft:{run.base.slug}:{run.team.slug}:{run.suffix or 'run'}:{short}"
        return f"{tuned}:ckpt-step-{self.step}"

    @property
    def folder(self) -> Path:
        return self.run.folder / "checkpoints" / f"checkpoint-{self.step}"

    @property
    def is_kept(self) -> bool:
        """The last ones of a run are, and the best one."""
        return self.folder.is_dir()

    @property
    def bytes(self) -> int:
        return checkpoints.size_of(self.folder)

    @property
    def engine_name(self) -> str:
        return f"{self.run.public_id}-ckpt-step-{self.step}"


def checkpoint_get(team: Team, name: str) -> Checkpoint | None:
    """The checkpoint of this name, of a run of this team that has not been taken out of the API."""
    parts = NAME.fullmatch(name)
    if parts is None:
        return None
    runs = Run.objects.for_team(team).filter(public_id=f"ftjob-{parts['short']}")
    run = runs.select_related("base", "team").first()
    if run is None or run.result.get("unpublished"):
        return None
    found = Checkpoint(run, int(parts["step"]))
    written = RunEvent.objects.filter(run=run, type="checkpoint", data__step=found.step)
    return found if found.name == name and written.exists() else None


def checkpoint_best(run: Run) -> int | None:
    """The step with the lowest held-out loss so far, as its trainer keeps it."""
    rows = RunEvent.objects.filter(run=run, type="evaluation").values_list("data", flat=True)
    losses = {int(data["step"]): data.get("validation_loss") for data in rows}
    return best_step(losses, max(losses, default=0))


def checkpoints_kept(run: Run) -> list[Checkpoint]:
    """Those whose files are still there, newest first."""
    paths = checkpoints.checkpoints(run.folder / "checkpoints")
    return [Checkpoint(run, checkpoints.step_of(path)) for path in reversed(paths)]


def measured_at(run: Run, written: list[RunEvent]) -> dict[int, dict[str, Any]]:
    """By step, what the metrics and evaluation events around each checkpoint's event say."""
    measured: dict[int, dict[str, Any]] = {}
    for one in written:
        step = int(one.data["step"])
        around = RunEvent.objects.filter(run=run, seq__gt=one.seq - NEAR, seq__lt=one.seq + NEAR)
        for event in around.filter(type__in=("metrics", "evaluation")).order_by("seq"):
            if event.data.get("step") == step:
                measured.setdefault(step, {}).update(event.data)
    return measured


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint whose files are there, as the run's page lists it.

    Attributes:
        written_at: when; None where the log does not tell.
        values: what was measured at its step.
    """

    checkpoint: Checkpoint
    written_at: datetime | None
    values: dict[str, Any]
    best: bool
    newest: bool


@dataclass(frozen=True)
class Checkpoints:
    """Those that are kept, newest first, and how many were pruned."""

    kept: list[KeptCheckpoint]
    pruned: int


def checkpoints_of(run: Run) -> Checkpoints:
    """What the run's page says about its checkpoints."""
    kept = checkpoints_kept(run)
    if not kept:
        return Checkpoints([], 0)
    rows = RunEvent.objects.filter(run=run, type="checkpoint").order_by("seq")
    written = {int(event.data["step"]): event for event in rows}
    steps = [one.step for one in kept]
    measured = measured_at(run, [written[step] for step in steps if step in written])
    best = checkpoint_best(run)
    shown = [
        KeptCheckpoint(
            one,
            written[one.step].time if one.step in written else None,
            measured.get(one.step, {}),
            one.step == best,
            one.step == steps[0],
        )
        for one in kept
    ]
    return Checkpoints(shown, len(written.keys() - set(steps)))
