"""A database as one file, as its own tools write and read it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient


def database_write(path: Path) -> None:
    """One consistent state of the database, while others go on writing.

    Raises:
        CommandError: its tool is missing or fails, or there is none for this kind of database.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        return
    tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def database_read(path: Path) -> None:
    """Put a dump in the place of what a PostgreSQL database holds, whole or not at all.

    Raises:
        CommandError: as above.
    """
    connection.close()
    tool(
        "pg_restore",
        *("--clean", "--if-exists", "--no-owner", "--no-privileges"),
        *("--single-transaction", "--exit-on-error"),
        *(str(path), "--dbname"),
    )


def tool(name: str, *options: str) -> None:
    """Call one of PostgreSQL's programs on the site's database; the database's name stands last."""
    if connection.vendor != "postgresql":
        raise CommandError(
            f"Backups are made of SQLite and PostgreSQL, and this database is "
            f"{connection.display_name}. Use its own tools, and copy the data folder."
        )
    given, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *where, database = given[1:]
    try:
        done = subprocess.run(
            [name, *where, *options, database],
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise CommandError(
            f"{name} is not there. Install PostgreSQL's client programs, of the server's version."
        ) from None
    if done.returncode:
        raise CommandError(f"{name} failed: {done.stderr.strip()[-2000:]}")
