"""Publishing what runs have made: a succeeded run's adapter, and its checkpoints on demand; and
taking it back, with the run or without."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal

from finetune.bases.publishing import LOWER, assistant_file, publish
from finetune.teams.audit.services import audit_write

from .checkpoints import Checkpoint
from .models import Run

runs_used = Signal()  # with `runs`; whoever uses some answers for what, by the run's key


def run_publish(run: Run) -> None:
    """Let the engine serve what a succeeded run made.

    Raises:
        RunRefused: the adapter holds numbers that are not finite, or cannot be read.
    """
    rate = run.settings.learning_rate
    publish(
        run.public_id,
        base=run.base.source,
        adapter=run.folder / "adapter",
        owned_by=run.team.slug,
        advice=f"{LOWER}: {rate / 3:.2g} instead of {rate:g}",
    )
    audit_write("assistant.published", run)


def checkpoint_publish(checkpoint: Checkpoint) -> bool:
    """Let the engine serve a checkpoint, on demand; False, and taken back, where it is gone."""
    path = assistant_file(checkpoint.engine_name)
    if not checkpoint.is_kept:
        path.unlink(missing_ok=True)
        return False
    if not path.exists():
        publish(
            checkpoint.engine_name,
            base=checkpoint.run.base.source,
            adapter=checkpoint.folder,
            owned_by=checkpoint.run.team.slug,
        )
    return True


def run_unpublish(run: Run) -> None:
    """Take a run's assistant and its checkpoints out of chat and API; files and curves stay."""
    Run.objects.filter(pk=run.pk).update(result={**run.result, "unpublished": True})
    audit_write("assistant.deleted", run)
    files_remove(run)


def files_remove(run: Run) -> None:
    assistant_file(run.public_id).unlink(missing_ok=True)
    for path in Path(settings.ASSISTANT_DIR).glob(f"{run.public_id}-ckpt-step-*.json"):
        path.unlink(missing_ok=True)


def runs_delete(runs: Sequence[Run]) -> None:
    """Delete runs that have ended, with everything that hangs on them; what they took of the
    machine stays in the books."""

    def files_go() -> None:
        for run in runs:
            files_remove(run)
            shutil.rmtree(run.folder, ignore_errors=True)

    for run in runs:
        audit_write("run.deleted", run)
    Run.objects.filter(pk__in=[run.pk for run in runs]).delete()
    transaction.on_commit(files_go)
