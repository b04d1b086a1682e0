"""Paths of a data folder that has come to another place: in the database, and in files."""

from __future__ import annotations

import json
from pathlib import Path

from finetune.bases.models import BaseModel
from finetune.files import write_whole

# Files that name others by their whole paths, and are read again.
WITH_PATHS = ("assistants/*.json", "runs/*/config.json", "studies/*/study.json")


def moved_to(folder: Path, before: str) -> None:
    """Let everything that named a file below `before` name the one below `folder`."""
    if before == str(folder):
        return
    for base in BaseModel.objects.filter(source__startswith=f"{before}/"):
        source = f"{folder}{base.source[len(before) :]}"
        BaseModel.objects.filter(pk=base.pk).update(source=source)
    old, new = (json.dumps(f"{one}/")[:-1] for one in (before, folder))  # a text that begins so
    for pattern in WITH_PATHS:
        for path in folder.glob(pattern):
            text = path.read_text(encoding="utf-8")
            if old in text:
                write_whole(path, text.replace(old, new))
