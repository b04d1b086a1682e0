"""What a full disk, a locked database or an absent broker means: one table for requests and logs.

A fault is nobody's mistake and no bug: the machine under the site cannot do something now. It is
recognised by the error that the operating system or the database gave, also where another error
was raised from it, never by the place where it came up. Knows nothing of HTTP beyond the status.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError as BrokerError


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        code: the same word in the API, in logs and in `/health`.
        message: what is wrong and what to do, for the person who asked for something.
        retry_after: seconds after which trying again makes sense; 0 where somebody has to act.
    """

    code: str
    status: int
    title: str | Promise
    message: str | Promise
    retry_after: int = 0


DISK_FULL = Fault(
    "disk_full",
    507,
    gettext_lazy("The server's disk is full"),
    gettext_lazy(
        "The server's disk or database is full, so this was not carried out and nothing was "
        "changed. Delete data sets or runs that are no longer needed, or ask the administrator to "
        "free space; then try again."
    ),
)
READ_ONLY = Fault(
    "read_only",
    503,
    gettext_lazy("The server cannot write"),
    gettext_lazy(
        "The server's folder or database cannot be written, so this was not carried out and "
        "nothing was changed. Ask the administrator to make the data folder writable; then try "
        "again."
    ),
    60,
)
DISK_BROKEN = Fault(
    "disk_failed",
    503,
    gettext_lazy("The server's disk does not answer"),
    gettext_lazy(
        "The server's disk gave an error, so this was not carried out. Try again in a minute; if "
        "it stays, tell the administrator."
    ),
    60,
)
DATABASE_LOCKED = Fault(
    "database_locked",
    503,
    gettext_lazy("The database is busy"),
    gettext_lazy(
        "The database is held by something else, so this was not carried out and nothing was "
        "changed. Try again in a few seconds; if it stays, ask the administrator what holds it (a "
        "backup, another program)."
    ),
    5,
)
DATABASE_AWAY = Fault(
    "database_away",
    503,
    gettext_lazy("The database does not answer"),
    gettext_lazy(
        "The database does not answer, so this was not carried out. Try again in a few seconds; if "
        "it stays, tell the administrator."
    ),
    10,
)
BROKER_AWAY = Fault(
    "broker_away",
    503,
    gettext_lazy("The queue does not answer"),
    gettext_lazy(
        "The queue behind the site (Valkey) does not answer, so this was not carried out. Try "
        "again in a few seconds; if it stays, tell the administrator."
    ),
    5,
)
TOO_MANY_FILES = Fault(
    "too_many_open_files",
    503,
    gettext_lazy("The server is too busy"),
    gettext_lazy(
        "The server has too many files and connections open, so this was not carried out. Try "
        "again in a few seconds; if it stays, ask the administrator to raise the limit (ulimit -n)."
    ),
    5,
)

BY_CODE = {
    fault.code: fault
    for fault in (
        DISK_FULL,
        READ_ONLY,
        DISK_BROKEN,
        DATABASE_LOCKED,
        DATABASE_AWAY,
        BROKER_AWAY,
        TOO_MANY_FILES,
    )
}
BY_ERRNO = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: DISK_FULL,
    errno.EROFS: READ_ONLY,
    errno.EIO: DISK_BROKEN,
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: TOO_MANY_FILES,
}
BY_SQLITE = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_BUSY: DATABASE_LOCKED,
    sqlite3.SQLITE_LOCKED: DATABASE_LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_IOERR: DISK_BROKEN,
    sqlite3.SQLITE_CANTOPEN: DISK_BROKEN,
}
BY_SQLSTATE = {  # PostgreSQL
    "53100": DISK_FULL,
    "25006": READ_ONLY,
    "55P03": DATABASE_LOCKED,
    "40001": DATABASE_LOCKED,
    "40P01": DATABASE_LOCKED,
    "53300": DATABASE_AWAY,
    "57P01": DATABASE_AWAY,
    "57P02": DATABASE_AWAY,
    "57P03": DATABASE_AWAY,
}
BY_TEXT = {  # SQLite's own words, for an error that was made without its code
    "database or disk is full": DISK_FULL,
    "database is locked": DATABASE_LOCKED,
    "database table is locked": DATABASE_LOCKED,
    "attempt to write a readonly database": READ_ONLY,
    "disk I/O error": DISK_BROKEN,
    "unable to open database file": DISK_BROKEN,
}
NO_ROOM_LEFT = 256 * 1024  # bytes: SQLite calls a disk without even this an input/output error


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault behind an error or behind one that it was raised from; None for anything else."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if (fault := fault_of_one(error)) is not None:
            return fault
        error = error.__cause__
    return None


def words_of(error: OSError) -> str:
    """What to tell of it: the fault's words, else the system's."""
    fault = fault_of(error)
    return str(fault.message) if fault else (error.strerror or str(error))


def fault_of_one(error: BaseException) -> Fault | None:
    if isinstance(error, redis.RedisError | BrokerError):
        return BROKER_AWAY
    if isinstance(error, OSError):
        return fault_of_system(error)
    if isinstance(error, sqlite3.Error | DatabaseError) and error.__cause__ is None:
        return fault_of_sqlite(error)
    return fault_of_server(error)


def fault_of_system(error: OSError) -> Fault | None:
    if error.errno in (errno.EACCES, errno.EPERM):
        return READ_ONLY if in_data_folder(error.filename) else None
    return BY_ERRNO.get(error.errno or 0)


def fault_of_sqlite(error: BaseException) -> Fault | None:
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    fault = BY_SQLITE.get(code)
    if fault is None and not code:
        fault = next((one for text, one in BY_TEXT.items() if text in str(error)), None)
    if fault is DISK_BROKEN and no_room(settings.DATA_DIR):
        return DISK_FULL
    return fault


def fault_of_server(error: BaseException) -> Fault | None:
    """PostgreSQL's five letters; a connection that broke has none, or some of class 08."""
    names = [name for name in ("sqlstate", "pgcode") if hasattr(error, name)]
    if not names:
        return None
    state = getattr(error, names[0])
    if state is None:
        broke = type(error).__name__ in {"OperationalError", "InterfaceError"}
        return DATABASE_AWAY if broke else None
    return DATABASE_AWAY if state.startswith("08") else BY_SQLSTATE.get(state)


def in_data_folder(name: Any) -> bool:
    if not isinstance(name, str | bytes | os.PathLike):
        return False
    path = os.path.abspath(os.fsdecode(name))
    return os.path.commonpath([path, settings.DATA_DIR]) == str(settings.DATA_DIR)


def no_room(folder: str | os.PathLike[str]) -> bool:
    """Whether the disk of a folder has no byte or no file left to give."""
    try:
        status = os.statvfs(folder)
    except OSError:  # not there at all: another fault than a full disk
        return False
    no_inodes = status.f_files > 0 and status.f_favail == 0
    return no_inodes or status.f_bavail * status.f_frsize < NO_ROOM_LEFT
