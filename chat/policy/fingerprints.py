"""What an assistant's files are: one hash over all that the engine would load for it."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from finetune.bases.publishing import assistant_file

CHUNK = 2**20
KEPT = 512  # hashes of files, so that only a changed file is read again


def checkpoint_hash(assistant: str) -> str:
    """SHA-256 over base and adapter as they are published now; empty where they cannot be read.

    Args:
        assistant: its name in the engine (`Assistant.engine_name`).
    """
    published = assistant_file(assistant)
    if not published.is_file():
        return ""
    entry = json.loads(published.read_text())
    folders = [Path(entry["base"]), *([Path(entry["adapter"])] if entry["adapter"] else [])]
    if not all(folder.is_dir() for folder in folders):
        return ""  # taken back, or a base that is only a name on a hub
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stat = path.stat()
                content = file_hash(str(path), stat.st_size, stat.st_mtime_ns)
                digest.update(f"{path.relative_to(folder)}\0{content}\n".encode())
        digest.update(b"\n")
    return digest.hexdigest()


@lru_cache(maxsize=KEPT)
def file_hash(path: str, size: int, changed_ns: int) -> str:
    """SHA-256 of a file's content; size and time are there to notice another content."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
