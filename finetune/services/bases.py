"""Adding base models: their shapes are read by a process of its own, since that needs torch."""

import json
import subprocess
import sys

from django.conf import settings
from django.db import transaction

from finetune.models import BaseModel

from .assistants import base_publish
from .queue import enqueue

INSPECT_SECONDS = 600


def base_add(*, slug: str, title: str, source: str, licence: str = "", note: str = "") -> BaseModel:
    """Add a base, or return the one with this name; its shapes are read in the background."""
    with transaction.atomic():
        base, made = BaseModel.objects.get_or_create(
            slug=slug,
            defaults={"title": title, "source": source, "licence": licence, "note": note},
        )
        if made:
            enqueue("base_inspect", base.pk)
    return base


def base_inspect(base_id: int) -> None:
    """Read shapes and size, keep them in the row and publish the base to the engine."""
    base = BaseModel.objects.get(pk=base_id)
    done = subprocess.run(
        [sys.executable, "-m", "finetune.base_models.inspect", base.source],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=INSPECT_SECONDS,
        check=False,
    )
    answer = done.stdout.strip().rpartition("\n")[2]
    found = json.loads(answer) if answer.startswith("{") else {}
    if done.returncode or "linear_shapes" not in found:
        base.state = BaseModel.State.FAILED
        base.problem = found.get("error") or done.stderr.strip().rpartition("\n")[2]
        base.save(update_fields=["state", "problem"])
        return
    base.shapes = found["linear_shapes"]
    base.parameters = found["parameters"]
    base.max_positions = found["max_positions"]
    base.licence = base.licence or found["licence"]
    base.note = base.note or found["note"]
    base.state, base.problem = BaseModel.State.READY, ""
    base.save()
    base_publish(base)
