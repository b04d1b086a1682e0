"""What the site stands on now: its database, its data folder, its broker. Asked cheaply, and not
more often than twice a second, so that `/health`, run pages and workers may look as they like.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from finetune.faults import (
    DATABASE_AWAY,
    DATABASE_LOCKED,
    DISK_BROKEN,
    DISK_FULL,
    READ_ONLY,
    Fault,
    fault_of,
    no_room,
)

from .queue import broker_answers

READY = "ready"
NEARLY_FULL = "nearly_full"
AWAY = "away"
FRESH_SECONDS = 0.5
LOCK_MILLISECONDS = 250
PROBE_BYTES = 4096
FLOOR_BYTES = 16 * 2**20  # below this, no checkpoint and no upload can be kept


@dataclass(frozen=True)
class Condition:
    """Each part is `ready`, or the code of its fault; the data folder may also be nearly full."""

    database: str
    data: str
    broker: str

    @property
    def is_ready(self) -> bool:
        return self.database == self.data == self.broker == READY

    @property
    def can_keep(self) -> bool:
        """Whether the site can do its main job: keep what people give it."""
        return self.database == READY and self.data in (READY, NEARLY_FULL)


HELD_UP: dict[
    tuple[str, str], tuple[str | Promise, str | Promise]
] = {  # by part and its state: what a run that waits, and one that is at work, is told
    ("data", DISK_FULL.code): (
        gettext_lazy(
            "The server's disk is full. It starts by itself when there is room: delete data sets "
            "or runs that are no longer needed, or tell the administrator."
        ),
        gettext_lazy(
            "The server's disk is full, so the run cannot save. If it has to stop, its last "
            "checkpoint is kept. Delete data sets or runs that are no longer needed, or tell the "
            "administrator."
        ),
    ),
    ("data", READ_ONLY.code): (
        gettext_lazy(
            "The server's data folder cannot be written. It starts by itself when that is mended; "
            "tell the administrator."
        ),
        gettext_lazy(
            "The server's data folder cannot be written, so the run cannot save. If it has to "
            "stop, its last checkpoint is kept. Tell the administrator."
        ),
    ),
    ("database", DISK_FULL.code): (
        gettext_lazy(
            "The database is full. It starts by itself when there is room; tell the administrator."
        ),
        gettext_lazy(
            "The database is full. The run goes on; its newest steps are shown here when there is "
            "room. Tell the administrator."
        ),
    ),
    ("database", READ_ONLY.code): (
        gettext_lazy(
            "The database cannot be written. It starts by itself when that is mended; tell the "
            "administrator."
        ),
        gettext_lazy(
            "The database cannot be written. The run goes on; its newest steps are shown here when "
            "that is mended. Tell the administrator."
        ),
    ),
    ("database", DATABASE_LOCKED.code): (
        gettext_lazy(
            "The database is held by something else. It starts by itself when it is free."
        ),
        gettext_lazy(
            "The database is held by something else. The run goes on; its newest steps are shown "
            "here when it is free."
        ),
    ),
    ("broker", AWAY): (
        gettext_lazy(
            "The queue (Valkey) does not answer. It starts by itself when the queue is back."
        ),
        "",
    ),
}


def held_up(*, waits: bool) -> str:
    """Why a run that waits, or one that is at work, does not get on now; empty if it may."""
    now = condition_now()
    for part in ("data", "database", "broker"):
        words = HELD_UP.get((part, getattr(now, part)), ("", ""))
        if text := words[0 if waits else 1]:
            return str(text)
    return ""


class Remembered:
    """The newest answer; one thread asks, others take what is there."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.condition: Condition | None = None
        self.asked = 0.0

    def get(self) -> Condition:
        with self.lock:
            if self.condition is None or time.monotonic() - self.asked > FRESH_SECONDS:
                self.condition = Condition(
                    database=database_condition(),
                    data=data_condition(),
                    broker=READY if broker_answers() else AWAY,
                )
                self.asked = time.monotonic()
            return self.condition

    def forget(self) -> None:
        with self.lock:
            self.condition = None


remembered = Remembered()


def condition_now() -> Condition:
    """At most half a second old."""
    return remembered.get()


def data_condition() -> str:
    """Whether the data folder takes a file, and whether it has room for more than that."""
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.TemporaryFile(dir=folder) as handle:
            handle.write(b"\0" * PROBE_BYTES)
            handle.flush()
        status = os.statvfs(folder)
    except OSError as error:
        return (fault_of(error) or DISK_BROKEN).code
    free = status.f_bavail * status.f_frsize
    if free < FLOOR_BYTES or no_room(folder):
        return DISK_FULL.code
    return NEARLY_FULL if free < settings.UPLOAD_MIN_FREE_MB * 2**20 else READY


def database_condition() -> str:
    """Whether the database takes a write now: its lock is asked for and given back at once."""
    try:
        found = sqlite_fault() if connection.vendor == "sqlite" else server_fault()
    except DatabaseError as error:
        found = fault_of(error) or DATABASE_AWAY
    return found.code if found else READY


def sqlite_fault() -> Fault | None:
    """Leaves no row and writes no page, so a full disk is told from its free space and limits."""
    with connection.cursor() as cursor:
        if not connection.in_atomic_block:
            usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_MILLISECONDS}")
            try:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("ROLLBACK")
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
        pages, most, unused = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "max_page_count", "freelist_count")
        )
    file = Path(str(connection.settings_dict["NAME"]))
    full = pages >= most and not unused
    return DISK_FULL if full or (file.parent.is_dir() and no_room(file.parent)) else None


def server_fault() -> Fault | None:
    """A database server: does it answer, and does it take writes?"""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return None
        cursor.execute("SHOW transaction_read_only")
        return READ_ONLY if cursor.fetchone()[0] == "on" else None
