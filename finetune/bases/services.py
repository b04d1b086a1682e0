"""Adding base models: their shapes are read by a process of its own, since that needs torch."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.files import alone
from finetune.queue import enqueue, messages_waiting

from .models import BaseModel
from .publishing import base_publish

INSPECT_SECONDS = 600
LOST_AFTER = timedelta(seconds=30)


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


def lock_of(base: BaseModel) -> Path:
    """Held while it is inspected."""
    return Path(settings.BASE_MODEL_DIR) / f".{base.slug}.lock"


def base_inspect(base_id: int) -> None:
    """Read shapes and size, keep them in the row and publish the base to the engine."""
    base = BaseModel.objects.get(pk=base_id)
    with alone(lock_of(base)) as mine:
        if mine:
            shapes_read(base)


def shapes_read(base: BaseModel) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "finetune.bases.files.inspect", base.source],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=INSPECT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        base.state = BaseModel.State.FAILED
        base.problem = f"Its shapes could not be read within {INSPECT_SECONDS} s. Add it again."
        base.save(update_fields=["state", "problem"])
        return
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
    base.languages = found["languages"]
    base.licence = base.licence or found["licence"]
    base.note = base.note or found["note"]
    base.state, base.problem = BaseModel.State.READY, ""
    base.save()
    base_publish(base)


def bases_recheck() -> None:
    """Inspect bases again whose message or worker was lost."""
    left = messages_waiting("checks")
    if left is None:
        return  # the broker is away
    old = timezone.now() - LOST_AFTER
    waiting = BaseModel.objects.filter(state=BaseModel.State.CHECKING, created_at__lt=old)
    lost = []
    for base in waiting.order_by("created_at", "id"):
        with alone(lock_of(base)) as nobody_works:
            lost += [base.pk] if nobody_works else []
    if left < len(lost):
        for pk in lost:
            enqueue("base_inspect", pk)
