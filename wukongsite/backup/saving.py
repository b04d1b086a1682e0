"""Writing a backup: a tar archive with the database, the files, and a manifest of both."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from .contents import entries
from .databases import database_write

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database", "files"


@dataclass
class Written:
    """What a backup holds.

    Attributes:
        files: bytes and SHA-256 of each, by its name in the archive.
        gone: files that were deleted while it was written.
    """

    files: dict[str, dict[str, object]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        return sum(int(str(one["bytes"])) for one in self.files.values())


class Hashing:
    """A file that is read, and hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.hash.update(block)
        return block


def backup_write(target: Path, *, bases: bool) -> Written:
    """Write a backup while the site runs. The database first: what is made later is in no row.

    The file can be read by its owner alone, since it holds the site's secrets.

    Raises:
        CommandError: there is a file of this name, or something cannot be read or written.
    """
    if target.exists():
        raise CommandError(f"{target} is there already. Give a name of its own to each backup.")
    partial = target.with_name(f".{target.name}.part")
    written = Written()
    try:
        with (
            os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out,
            tarfile.open(fileobj=out, mode="w:gz" if target.suffix in {".gz", ".tgz"} else "w")
            as archive,
        ):  # fmt: skip
            put_database(archive, written)
            for name, path in entries(Path(settings.DATA_DIR), bases=bases):
                put(archive, f"{FILES}/{name}", path, written)
            put_manifest(archive, written)
        partial.rename(target)
    except OSError as error:
        raise CommandError(f"The backup was not written: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return written


def put_database(archive: tarfile.TarFile, written: Written) -> None:
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".backup-") as folder:
        path = Path(folder) / DUMP
        database_write(path)
        put(archive, DUMP, path, written)


def put(archive: tarfile.TarFile, name: str, path: Path, written: Written) -> None:
    """A folder, or a file as long as it was when it was opened: logs grow meanwhile."""
    try:
        if path.is_dir():
            archive.addfile(archive.gettarinfo(str(path), name))
            return
        with path.open("rb") as file:
            entry = archive.gettarinfo(arcname=name, fileobj=file)
            content = Hashing(file)
            archive.addfile(entry, content)
    except FileNotFoundError:
        written.gone.append(name)
        return
    written.files[name] = {"bytes": entry.size, "sha256": content.hash.hexdigest()}


def put_manifest(archive: tarfile.TarFile, written: Written) -> None:
    applied = MigrationRecorder(connection).applied_migrations()
    values = {
        "format": FORMAT,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "database": connection.vendor,
        "data_dir": str(settings.DATA_DIR),
        "migrations": sorted(list(one) for one in applied),
        "files": written.files,
    }
    content = json.dumps(values, indent=1).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(time.time())
    archive.addfile(entry, io.BytesIO(content))
