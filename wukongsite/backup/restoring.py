"""Bringing a backup back: unpacked and checked beside the data first, then put in its place."""

from __future__ import annotations

import json
import shutil
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from finetune.bases.files.wheels import file_sha256

from .contents import BEFORE, DATABASE, WORK
from .databases import database_read
from .moving import moved_to
from .saving import DUMP, FILES, FORMAT, MANIFEST

OTHERS = "This is no backup of Wukong Studio"


def backup_read(source: Path) -> Path | None:
    """Put a backup in the place of what is here.

    Returns:
        the folder with what was here before; None where nothing was.

    Raises:
        CommandError: it is no backup, is damaged, or is of another database or a newer studio.
            Then nothing has changed.
    """
    folder = Path(settings.DATA_DIR)
    work = folder / WORK
    shutil.rmtree(work, ignore_errors=True)
    try:
        unpack(source, work)
        manifest = manifest_of(work)
        verify(work, manifest)
        if connection.vendor == "sqlite":
            connection.close()
            (work / DUMP).rename(work / FILES / DATABASE)
        else:
            database_read(work / DUMP)
        aside = take_in(work / FILES, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    call_command("migrate", interactive=False, verbosity=0)
    moved_to(folder, manifest["data_dir"])
    return aside


def unpack(source: Path, work: Path) -> None:
    work.mkdir(mode=0o700)
    try:
        with tarfile.open(source) as archive:
            archive.extractall(work, filter="data")
    except FileNotFoundError:
        raise CommandError(f"There is no file {source}.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CommandError(f"{source} cannot be unpacked: {error}. Nothing has changed.") from error


def manifest_of(work: Path) -> dict[str, Any]:
    """What the archive says of itself, if it can be used here."""
    try:
        manifest = json.loads((work / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        words = f"{OTHERS}: it has no manifest, or was cut. Nothing has changed."
        raise CommandError(words) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CommandError(f"{OTHERS}, or one of a newer studio. Nothing has changed.")
    if manifest["database"] != connection.vendor:
        raise CommandError(
            f"The backup is of a {manifest['database']} database and DATABASE_URL names one of "
            f"{connection.vendor}. Nothing has changed."
        )
    known = set(MigrationLoader(None).disk_migrations)
    newer = [name for name in map(tuple, manifest["migrations"]) if name not in known]
    if newer:
        words = ", ".join(".".join(name) for name in newer[:3])
        raise CommandError(
            f"The backup is of a newer studio: its database knows {words}. Update the program "
            "first. Nothing has changed."
        )
    return manifest


def verify(work: Path, manifest: Mapping[str, Any]) -> None:
    """Every file is there, as it was written."""
    for name, one in manifest["files"].items():
        path = work / name
        if not path.is_file() or file_sha256(path) != one["sha256"]:
            raise CommandError(f"The backup is damaged: {name} differs. Nothing has changed.")


def take_in(new: Path, folder: Path) -> Path | None:
    """Move what is here aside, name by name, and what comes into its place: renames alone."""
    aside = folder / f"{BEFORE}{time.strftime('%Y%m%d-%H%M%S')}"
    aside.mkdir(mode=0o700)
    for tail in ("-wal", "-shm"):
        if (folder / f"{DATABASE}{tail}").exists():
            (folder / f"{DATABASE}{tail}").rename(aside / f"{DATABASE}{tail}")
    for path in sorted(new.iterdir()):
        here = folder / path.name
        if here.exists():
            here.rename(aside / path.name)
        path.rename(here)
    if any(path.is_file() for path in aside.rglob("*")):
        return aside
    shutil.rmtree(aside)
    return None
