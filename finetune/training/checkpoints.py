"""Checkpoints that are either whole or not there.

A checkpoint is written under a hidden name, listed with sizes and hashes in `manifest.json`,
forced to the disk and then renamed to `checkpoint-N`. A reader checks the manifest: a torn or
damaged checkpoint is passed over and the one before it is taken. The last two are kept.

Knows nothing of what is inside: adapter, optimizer, scheduler, random states and data
position are the trainer's business.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = "manifest.json"
KEPT = 2


@dataclass(frozen=True)
class Found:
    """The newest intact checkpoint of a run, and the damaged ones that were passed over."""

    path: Path | None
    step: int
    damaged: list[Path] = field(default_factory=list)


def step_of(path: Path) -> int:
    """Return N of a folder named `checkpoint-N`."""
    return int(path.name.rsplit("-", 1)[1])


def checkpoints(folder: Path) -> list[Path]:
    """List the run's finished checkpoints, oldest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.name[11:].isdigit()]
    return sorted(found, key=step_of)


def partial_folder(folder: Path) -> Path:
    """Return an empty folder in which the next checkpoint is to be written."""
    partial = folder / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def seal(partial: Path, target: Path) -> None:
    """Make `partial` the checkpoint `target`, in one rename, after everything is on the disk.

    Raises:
        OSError: the disk is full or cannot be written; `target` then does not exist.
    """
    manifest = {}
    for path in sorted(partial.rglob("*")):
        if path.is_file():
            manifest[str(path.relative_to(partial))] = _identity(path)
            _sync(path)
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1))
    _sync(partial / MANIFEST)
    _sync(partial)
    if target.exists():  # a damaged one of the same step, computed again
        shutil.rmtree(target)
    os.rename(partial, target)
    _sync(target.parent)


def is_intact(path: Path) -> bool:
    """Tell whether every file of a checkpoint is as its manifest says."""
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        return bool(manifest) and all(
            _identity(path / name) == identity for name, identity in manifest.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def newest(folder: Path) -> Found:
    """Find the newest checkpoint that is intact."""
    damaged: list[Path] = []
    for path in reversed(checkpoints(folder)):
        if is_intact(path):
            return Found(path, step_of(path), damaged)
        damaged.append(path)
    return Found(None, 0, damaged)


def prune(folder: Path, keep: int = KEPT) -> None:
    """Remove all but the newest `keep` checkpoints and anything half written."""
    shutil.rmtree(folder / ".partial", ignore_errors=True)
    for path in checkpoints(folder)[:-keep]:
        shutil.rmtree(path, ignore_errors=True)


def _identity(path: Path) -> list[int | str]:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return [path.stat().st_size, digest.hexdigest()]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
