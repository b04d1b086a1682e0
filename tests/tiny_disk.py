"""A real disk of a few megabytes (a tmpfs), to be filled in tests. Needs root."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def tiny_disk(folder: Path, megabytes: int, inodes: int = 0) -> Iterator[Path]:
    """Mount one at `folder`, and take it away again; skips the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform != "linux" or shutil.which("mount") is None:
        pytest.skip("a tiny disk needs Linux' mount")
    options = f"size={megabytes}m" + (f",nr_inodes={inodes}" if inodes else "")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a tiny disk needs root: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let a tiny disk take no writes for a while."""
    mount = ["mount", "-o"]
    subprocess.run([*mount, "remount,ro", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run([*mount, "remount,rw", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Take every free byte of the disk but `leave`; remove the file to give them back."""
    stuffing = folder / "stuffing"
    with stuffing.open("wb", buffering=0) as handle:
        room = shutil.disk_usage(folder).free - leave
        block = b"\0" * 65536
        while room > 0:
            try:
                room -= handle.write(block[: min(len(block), room)])
            except OSError:
                break
    return stuffing
