"""Publishing models to the engine: one JSON file per assistant in `settings.ASSISTANT_DIR`."""

import json
import os
import time
from pathlib import Path

from django.conf import settings

from finetune.exceptions import RunRefused
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
