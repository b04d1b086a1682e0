"""Adding base models: their shapes are read by a process of its own, since that needs torch."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.files import alone
from finetune.queue import enqueue, messages_waiting

from .files.wheels import file_sha256
from .models import BaseModel
from .publishing import base_publish

INSPECT_SECONDS = 600
EXPAND_SECONDS = 3600
TASKS = {"inspect": "Reading its shapes", "convert": "Expanding it"}
ENDED = "The process that looked at it ended without an answer. Check it again."
LOST_AFTER = timedelta(seconds=30)


def base_add(*, slug: str, title: str, source: str, **texts: str) -> BaseModel:
    """Add a base, or return the one with this name; its shapes are read in the background.

    Args:
        texts: licence, note, revision.
    """
    with transaction.atomic():
        base, made = BaseModel.objects.get_or_create(
            slug=slug, defaults={"title": title, "source": source, **texts}
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
        if mine and expanded(base):
            shapes_read(base)


def expanded(base: BaseModel) -> bool:
    """Whether it is a folder by now: a GGUF file is expanded into one, once."""
    if not base.source.endswith(".gguf"):
        return True
    target = Path(settings.BASE_MODEL_DIR) / base.slug
    if not made_of(target, base.source):
        if target.exists() and any(target.iterdir()):
            failed(
                base,
                f"{target} is in the way: it holds something else, or an earlier file of this "
                "name. Move it away, then check again.",
            )
            return False
        texts = [f"--name={base.title}", f"--licence={base.licence}"]
        found = asked(["convert", base.source, str(target), *texts], EXPAND_SECONDS)
        if not made_of(target, base.source):
            failed(base, found.get("error") or ENDED)
            return False
    base.source = str(target)
    base.save(update_fields=["source"])
    return True


def made_of(folder: Path, source: str) -> bool:
    """Whether the folder is what this file was expanded to, and the file is still the same."""
    try:
        about = json.loads((folder / "wukong.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    path = Path(source)
    if not isinstance(about, dict) or Path(about.get("source", "")) != path:
        return False
    return not path.is_file() or file_sha256(path) == about.get("source_sha256")


def asked(command: list[str], seconds: float) -> dict[str, Any]:
    """What a process about the base's files answers in its last line; what is wrong is `error`."""
    name, *arguments = command
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"finetune.bases.files.{name}", *arguments],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"{TASKS[name]} could not be done within {seconds} s. Add it again."}
    answer = done.stdout.strip().rpartition("\n")[2]
    found: dict[str, Any] = json.loads(answer) if answer.startswith("{") else {}
    if done.returncode == -signal.SIGKILL:
        found["error"] = f"{TASKS[name]} was ended by the system, most likely for lack of memory."
    elif done.returncode and "error" not in found:
        found["error"] = done.stderr.strip().rpartition("\n")[2] or ENDED
    return found


def failed(base: BaseModel, problem: str) -> None:
    base.state, base.problem = BaseModel.State.FAILED, problem
    base.save(update_fields=["state", "problem"])


def shapes_read(base: BaseModel) -> None:
    found = asked(["inspect", base.source], INSPECT_SECONDS)
    if "linear_shapes" not in found:
        failed(base, found.get("error") or ENDED)
        return
    base.shapes = found["linear_shapes"]
    base.parameters = found["parameters"]
    base.max_positions = found["max_positions"]
    base.sizes = found["sizes"]
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
