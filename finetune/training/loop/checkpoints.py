"""Checkpoints that are either whole or not there.

A checkpoint is written under a hidden name, listed with sizes and hashes in `manifest.json`,
forced to the disk and then renamed to `checkpoint-N`. A reader checks the manifest: a torn or
damaged checkpoint is passed over and the one before it is taken. The last ones are kept, and one
that whoever writes them names as the best.

Knows nothing of what is inside: adapter, optimizer, scheduler, random states and data
position are the trainer's business. Whoever reads may name what makes one useless.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = "manifest.json"
KEPT = 2


@dataclass(frozen=True)
class Found:
    """The newest checkpoint of a run to go on from, and newer ones that were passed over.

    Attributes:
        path: its folder; None if there is none.
        step: the step it was written after; 0 if there is none.
        damaged: folders that were passed over, newest first.
        problems: why, one text for each of `damaged`.
    """

    path: Path | None
    step: int
    damaged: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


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


def discard(folder: Path) -> None:
    """Remove what is half written or half removed; on a full disk it would take what is free."""
    for left in (folder / ".partial", *folder.glob(".checkpoint-*")):
        shutil.rmtree(left, ignore_errors=True)


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
    old = _aside(target)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():  # of the same step, written anew: it stays until the new one is whole
        os.rename(target, old)
    os.rename(partial, target)
    _sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def is_intact(path: Path) -> bool:
    """Tell whether every file of a checkpoint is as its manifest says."""
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        return bool(manifest) and all(
            _identity(path / name) == identity for name, identity in manifest.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def newest(folder: Path, problem_of: Callable[[Path], str] | None = None) -> Found:
    """Find the newest checkpoint that is intact and has no problem.

    Args:
        folder: where the checkpoints are.
        problem_of: returns why an intact one cannot be used, or an empty text.
    """
    damaged: list[Path] = []
    problems: list[str] = []
    for path in reversed(checkpoints(folder)):
        if not is_intact(path):
            problem = "is damaged"
        elif not (problem := problem_of(path) if problem_of else ""):
            return Found(path, step_of(path), damaged, problems)
        damaged.append(path)
        problems.append(problem)
    return Found(None, 0, damaged, problems)


def size_of(path: Path) -> int:
    """Return the bytes of a checkpoint, as its manifest has them; 0 where that cannot be read."""
    try:
        return sum(int(size) for size, _ in json.loads((path / MANIFEST).read_text()).values())
    except (OSError, ValueError, AttributeError, TypeError):
        return 0


def prune(
    folder: Path,
    keep: int = KEPT,
    newest_step: int | None = None,
    best_step: int | None = None,
) -> None:
    """Remove all but the newest `keep` checkpoints, the best one, and anything half written.

    Args:
        folder: where the checkpoints are.
        keep: how many stay.
        newest_step: the step that was just written. Later ones were passed over when the run went
            on; they would otherwise count among those that stay, and push the good ones out.
        best_step: the step of one that stays however old it is.
    """
    discard(folder)
    found = checkpoints(folder)
    passed_over = [p for p in found if newest_step is not None and step_of(p) > newest_step]
    kept = [path for path in found if path not in passed_over][-keep:]
    for path in found:
        if path not in kept and step_of(path) != best_step:
            with suppress(OSError):  # taken away at once: half of one would be found damaged
                shutil.rmtree(path.rename(_aside(path)), ignore_errors=True)


def _aside(path: Path) -> Path:
    """Return a name that nobody reads."""
    return path.with_name(f".{path.name}")


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
