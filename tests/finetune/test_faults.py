"""What a full disk, a locked database or an absent broker is called, by its real error."""

from __future__ import annotations

import errno
import os
import resource
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, utils
from kombu.exceptions import OperationalError as BrokerError

from finetune.exceptions import UploadRefused
from finetune.faults import (
    BROKER_AWAY,
    DATABASE_AWAY,
    DATABASE_LOCKED,
    DISK_FULL,
    READ_ONLY,
    TOO_MANY_FILES,
    fault_of,
)


def error_in(act: Any) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (which one is the question)
        act()
    return caught.value


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None, timeout=0)
    connection.execute("CREATE TABLE rows (text TEXT)")
    yield connection
    connection.close()


def test_a_real_lock(ledger, tmp_path):
    other = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    error = error_in(lambda: ledger.execute("INSERT INTO rows VALUES ('x')"))
    other.close()
    assert fault_of(error) is DATABASE_LOCKED


def test_a_really_full_database(ledger):
    ledger.execute("PRAGMA max_page_count = 4")
    error = error_in(lambda: ledger.execute("INSERT INTO rows VALUES (?)", ["x" * 50_000]))
    assert fault_of(error) is DISK_FULL


def test_a_database_that_is_read_only(ledger):
    ledger.execute("PRAGMA query_only = on")
    error = error_in(lambda: ledger.execute("INSERT INTO rows VALUES ('x')"))
    assert fault_of(error) is READ_ONLY


def test_a_file_that_really_cannot_grow(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        error = error_in(lambda: (tmp_path / "big").write_bytes(b"x" * 10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert fault_of(error) is DISK_FULL


def test_really_no_more_descriptors(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    file = tmp_path / "file"
    file.touch()
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 2, hard))
    handles: list[Any] = []
    try:
        error = error_in(lambda: [handles.append(file.open()) for _ in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for handle in handles:
            handle.close()
    assert fault_of(error) is TOO_MANY_FILES


class ServerError(Exception):
    """What psycopg raises, as far as it is looked at."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("of the server")
        self.sqlstate = sqlstate


class InterfaceError(ServerError):
    """Of a connection that broke, or of the client; psycopg's has this name."""


def wrapped(cause: BaseException, outer: BaseException) -> BaseException:
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.EDQUOT, "Disk quota exceeded"), DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), READ_ONLY),
        (PermissionError(errno.EACCES, "", str(settings.DATA_DIR / "runs" / "x")), READ_ONLY),
        (PermissionError(errno.EACCES, "", "/etc/shadow"), None),
        (FileNotFoundError(errno.ENOENT, "", "x"), None),
        (redis.ConnectionError("away"), BROKER_AWAY),
        (BrokerError("away"), BROKER_AWAY),
        (OperationalError("database is locked"), DATABASE_LOCKED),
        (OperationalError("no such table: x"), None),
        (utils.IntegrityError("UNIQUE constraint failed"), None),
        (wrapped(ServerError("53100"), OperationalError("x")), DISK_FULL),
        (wrapped(ServerError("55P03"), OperationalError("x")), DATABASE_LOCKED),
        (wrapped(ServerError("08006"), OperationalError("x")), DATABASE_AWAY),
        (wrapped(InterfaceError(None), utils.InterfaceError("x")), DATABASE_AWAY),
        (wrapped(ServerError(None), utils.ProgrammingError("x")), None),
        (wrapped(ServerError("42P01"), utils.ProgrammingError("x")), None),
        (ValueError("x"), None),
        (None, None),
    ],
)
def test_errors_and_what_they_are(error, fault):
    assert fault_of(error) is fault


def test_it_is_found_behind_other_errors():
    first = OSError(errno.ENOSPC, "No space left on device")
    second = wrapped(first, UploadRefused("not kept", code="x"))
    assert fault_of(wrapped(second, RuntimeError("y"))) is DISK_FULL
    # What happened to be handled at the time is not the cause.
    third = RuntimeError("z")
    third.__context__ = first
    assert fault_of(third) is None
    loop = RuntimeError("loop")
    loop.__cause__ = wrapped(loop, RuntimeError("back"))
    assert fault_of(loop) is None
