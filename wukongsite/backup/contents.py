"""What of a data folder goes into a backup: all but what is made again, or is of the moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

BASES = "base-models"
MADE_AGAIN = ("static", "circuits", "encoders")  # collected, drawn, fetched
OF_THE_MOMENT = ("valkey", "workers", "uploads")
BEFORE = "before-restore-"  # what a restore has put aside
WORK = ".restore"
DATABASE = "studio.sqlite3"


def is_kept(name: str, *, bases: bool) -> bool:
    """Whether a file or folder of this name, directly in the data folder, is backed up."""
    left_out = {*MADE_AGAIN, *OF_THE_MOMENT, *(() if bases else (BASES,))}
    return not (
        name in left_out
        or name.startswith((".", BEFORE, DATABASE, "celerybeat-"))
        or name.endswith((".lock", ".log"))
    )


def entries(folder: Path, *, bases: bool = True) -> Iterator[tuple[str, Path]]:
    """Folders and files of a data folder, each with its name below it, folders first.

    Files that are just being written (they begin with a dot) and links are not among them.
    """
    for top in sorted(folder.iterdir()):
        if not is_kept(top.name, bases=bases) or top.is_symlink():
            continue
        if top.is_file():
            yield top.name, top
            continue
        for parent, folders, files in os.walk(top):
            place = Path(parent)
            folders[:] = sorted(
                one for one in folders if not one.startswith(".") and not (place / one).is_symlink()
            )
            yield str(place.relative_to(folder)), place
            for one in sorted(files):
                path = place / one
                if not one.startswith(".") and not path.is_symlink() and path.is_file():
                    yield str(path.relative_to(folder)), path
