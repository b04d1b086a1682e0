"""Publishing models to the engine: one JSON file per assistant in `settings.ASSISTANT_DIR`."""

import json
import os
import time
from pathlib import Path

from django.conf import settings

from finetune.exceptions import RunRefused
from finetune.models import BaseModel, Run
from finetune.selectors.checkpoints import Checkpoint
from finetune.training.finite_files import adapter_problem

LOWER = "Start a new run with a lower learning rate"


def assistant_file(name: str) -> Path:
    return Path(settings.ASSISTANT_DIR) / f"{name}.json"


def publish(
    name: str, *, base: str, adapter: Path | None, owned_by: str, advice: str = LOWER
) -> None:
    """Write an assistant's file.

    Raises:
        RunRefused: the adapter holds numbers that are not finite, or cannot be read.
    """
    if adapter and (problem := adapter_problem(adapter)):
        words = f"The adapter cannot be published: {problem}. {advice}."
        raise RunRefused(words, code="not_finite")
    path = assistant_file(name)
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text(
        json.dumps(
            {
                "name": name,
                "base": base,
                "adapter": str(adapter) if adapter else None,
                "created": int(time.time()),
                "owned_by": owned_by,
            }
        )
    )
    partial.replace(path)


def base_publish(base: BaseModel) -> None:
    publish(base.slug, base=base.source, adapter=None, owned_by="studio")


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


def checkpoint_publish(checkpoint: Checkpoint) -> bool:
    """Let the engine serve a checkpoint, on demand; False, and taken back, where it is gone."""
    path = assistant_file(checkpoint.assistant.engine_name)
    if not checkpoint.is_kept:
        path.unlink(missing_ok=True)
        return False
    if not path.exists():
        publish(
            checkpoint.assistant.engine_name,
            base=checkpoint.run.base.source,
            adapter=checkpoint.folder,
            owned_by=checkpoint.run.team.slug,
        )
    return True


def run_unpublish(run: Run) -> None:
    """Take a run's assistant and its checkpoints out of chat and API; files and curves stay."""
    Run.objects.filter(pk=run.pk).update(result={**run.result, "unpublished": True})
    assistant_file(run.public_id).unlink(missing_ok=True)
    for path in Path(settings.ASSISTANT_DIR).glob(f"{run.public_id}-ckpt-step-*.json"):
        path.unlink(missing_ok=True)
