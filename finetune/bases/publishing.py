"""Publishing models to the engine: one JSON file per assistant in `settings.ASSISTANT_DIR`."""

import json
import time
from pathlib import Path

from django.conf import settings

from finetune.exceptions import RunRefused
from finetune.files import write_whole
from finetune.training.lock.golden import lock_problem
from finetune.training.loop.finite_files import adapter_problem

from .models import BaseModel

LOWER = "Start a new run with a lower learning rate"


def assistant_file(name: str) -> Path:
    return Path(settings.ASSISTANT_DIR) / f"{name}.json"


def publish(
    name: str, *, base: str, adapter: Path | None, owned_by: str, advice: str = LOWER
) -> None:
    """Write an assistant's file.

    Raises:
        RunRefused: the adapter holds numbers that are not finite, or cannot be read, or its chat
            template is not the one it was trained with.
    """
    if adapter and (problem := lock_problem(adapter)):
        raise RunRefused(f"The adapter cannot be published: {problem}.", code="lock_broken")
    if adapter and (problem := adapter_problem(adapter)):
        words = f"The adapter cannot be published: {problem}. {advice}."
        raise RunRefused(words, code="not_finite")
    entry = {
        "name": name,
        "base": base,
        "adapter": str(adapter) if adapter else None,
        "created": int(time.time()),
        "owned_by": owned_by,
    }
    write_whole(assistant_file(name), json.dumps(entry))


def base_publish(base: BaseModel) -> None:
    publish(base.slug, base=base.source, adapter=None, owned_by="studio")
