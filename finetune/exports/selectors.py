"""Reading exports, always within the teams of one person; what of a run can be exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from finetune.runs.checkpoints import checkpoints_kept
from finetune.runs.models import Run
from finetune.teams.models import User
from finetune.training.loop.checkpoints import is_intact

from .models import Export


@dataclass(frozen=True)
class Source:
    """Weights of a run that can be exported: its result (no step), or a checkpoint."""

    step: int | None
    folder: Path

    @property
    def value(self) -> str:
        """Its value in a form."""
        return "" if self.step is None else str(self.step)


def export_sources(run: Run) -> list[Source]:
    """The run's adapter, where it has ended with one, and the checkpoints that are kept."""
    adapter = run.folder / "adapter"
    result = [Source(None, adapter)] if (adapter / "adapter_config.json").is_file() else []
    return result + [Source(one.step, one.folder) for one in checkpoints_kept(run)]


def source_of(run: Run, step: int | None) -> Source | None:
    """The weights of that step, whole and there."""
    for source in export_sources(run):
        if source.step == step:
            return source if step is None or is_intact(source.folder) else None
    return None


def export_list_for(run: Run) -> QuerySet[Export]:
    return Export.objects.filter(run=run).select_related("run", "created_by")


def export_get(user: User, run_id: str, public_id: str) -> Export:
    """The export, or Http404 where it is not one of this person's teams'."""
    exports = Export.objects.for_user(user).select_related("run", "run__base", "run__team")
    return get_object_or_404(exports, public_id=public_id, run__public_id=run_id)
