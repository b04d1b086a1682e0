"""Checkpoints as models to talk to: what they are called, where they lie, whether they still do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from finetune.teams.models import Team
from finetune.training.loop import checkpoints

from .assistants import Assistant
from .models import Run, RunEvent

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
        """Only the last ones of a run are."""
        return self.folder.is_dir()

    @property
    def assistant(self) -> Assistant:
        return Assistant(
            id=self.name,
            engine_name=f"{self.run.public_id}-ckpt-step-{self.step}",
            title=f"{self.run.name}, step {self.step}",
            kind="tuned",
            base=self.run.base,
            run=self.run,
        )


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


def checkpoints_kept(run: Run) -> list[Checkpoint]:
    """Those whose files are still there, newest first."""
    paths = checkpoints.checkpoints(run.folder / "checkpoints")
    return [Checkpoint(run, checkpoints.step_of(path)) for path in reversed(paths)]
