"""The library's own ledger: one SQLite file, shared by processes and threads.

Knows nothing about when a job moves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from quantum.backends.base import JobState
from quantum.exceptions import UnknownJobError
from quantum.jobs.caps import Cap, CapKind, Usage, check_caps, day_start
from quantum.jobs.job import Job, NewJob
from quantum.jobs.ledger import CHANGES
from quantum.jobs.states import allowed

_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL, fingerprint TEXT NOT NULL,
  backend TEXT NOT NULL, chip TEXT NOT NULL,
  circuits INTEGER NOT NULL, shots INTEGER NOT NULL, total_shots INTEGER NOT NULL,
  seconds_high REAL NOT NULL, payload TEXT NOT NULL, run TEXT NOT NULL, user TEXT NOT NULL,
  state TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  task_id TEXT NOT NULL DEFAULT '', handle TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', seconds_used REAL,
  UNIQUE (scope, fingerprint)
)
"""
_NEW_FIELDS = tuple(item.name for item in fields(NewJob))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class FileLedger:
    """Jobs in an SQLite file. Every call opens the file, so it may be used after a fork.

    Args:
        path: The file; made with its folder if it is not there.
        now: The clock, for tests.
    """

    def __init__(self, path: str | Path, now: Callable[[], datetime] = _utc_now) -> None:
        self._path = Path(path)
        self._now = now
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as db:
            db.execute(_TABLE)

    def plan(self, new: NewJob, caps: Sequence[Cap] = ()) -> Job:
        """See ``Ledger.plan``."""
        now = self._now()
        with self._transaction() as db:
            row = db.execute(
                "SELECT * FROM jobs WHERE scope = ? AND fingerprint = ?",
                (new.scope, new.fingerprint),
            ).fetchone()
            if row is not None:
                return _job(row)
            check_caps(new, caps, lambda kind: _used(db, kind, new, now))
            values = {
                **asdict(new),
                "id": f"job-{token_hex(8)}",
                "state": JobState.PLANNED.value,
                "created_at": now.astimezone(UTC).isoformat(),
                "updated_at": now.astimezone(UTC).isoformat(),
            }
            columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            db.execute(f"INSERT INTO jobs ({columns}) VALUES ({marks})", values)  # noqa: S608
            row = db.execute("SELECT * FROM jobs WHERE id = ?", (values["id"],)).fetchone()
            return _job(row)

    def get(self, job_id: str) -> Job:
        """See ``Ledger.get``."""
        with self._transaction() as db:
            row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise UnknownJobError(f"There is no job {job_id!r} in {self._path}.")
        return _job(row)

    def move(self, job_id: str, *, expected: JobState, to: JobState, **changes: Any) -> bool:
        """See ``Ledger.move``."""
        if not allowed(expected, to) or not changes.keys() <= CHANGES:
            raise ValueError(f"No move from {expected} to {to} with {sorted(changes)}.")
        values = {
            **changes,
            "state": to.value,
            "updated_at": self._now().astimezone(UTC).isoformat(),
        }
        sets = ", ".join(f"{name} = :{name}" for name in values)
        with self._transaction() as db:
            done = db.execute(
                f"UPDATE jobs SET {sets} WHERE id = :job_id AND state = :expected",  # noqa: S608
                {**values, "job_id": job_id, "expected": expected.value},
            )
            return done.rowcount == 1

    def jobs(self, scope: str | None = None) -> tuple[Job, ...]:
        """All jobs, or those of a scope, oldest first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE :scope IS NULL OR scope = :scope ORDER BY created_at, id",
                {"scope": scope},
            ).fetchall()
        return tuple(_job(row) for row in rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=30.0, isolation_level=None)
        db.row_factory = sqlite3.Row
        try:
            db.execute("BEGIN IMMEDIATE")  # the caps are summed under the lock that inserts
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # an open transaction is rolled back


def _used(db: sqlite3.Connection, kind: CapKind, new: NewJob, now: datetime) -> Usage:
    where = {
        "run": "run = :run",
        "user": "user = :user AND created_at >= :since",
        "day": "created_at >= :since",
    }[kind]
    row = db.execute(
        "SELECT COALESCE(SUM(circuits), 0), COALESCE(SUM(total_shots), 0), "  # noqa: S608
        f"COALESCE(SUM(seconds_high), 0) FROM jobs WHERE {where} "
        "AND NOT (state = :cancelled AND task_id = '')",
        {
            "run": new.run,
            "user": new.user,
            "since": day_start(now).isoformat(),
            "cancelled": JobState.CANCELLED.value,
        },
    ).fetchone()
    return Usage(*row)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        new=NewJob(**{name: row[name] for name in _NEW_FIELDS}),
        state=JobState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        task_id=row["task_id"],
        handle=row["handle"],
        result=row["result"],
        message=row["message"],
        seconds_used=row["seconds_used"],
    )
