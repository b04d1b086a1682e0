"""The library's ledger over Django rows. It decides nothing: states move in `quantum.jobs`.

Every write is one statement or one transaction. On SQLite a transaction begins with the write lock
(`transaction_mode` IMMEDIATE in the settings); on PostgreSQL `plan` takes an advisory lock, so that
two plans never both fit under the same cap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet, Sum
from django.utils import timezone

from finetune.teams.models import Team, User
from quantum.backends.base import JobState
from quantum.jobs.caps import Cap, CapKind, Usage, check_caps, day_start
from quantum.jobs.job import Job, NewJob
from quantum.jobs.ledger import CHANGES
from quantum.jobs.states import allowed

from .costs import team_quota_check
from .models import QuantumJob, QuantumKey

LOCK = 0x77756B6F
NAMES = {"run": "cap_run", "user": "cap_user"}  # of the library's fields, where ours differ


@dataclass(frozen=True)
class Owner:
    """What a new row belongs to, beside what the library knows of it.

    Attributes:
        public_id: of what asks for the job; also the job's scope, unless another one is given.
        link: the field of the row that leads to it, and its row.
    """

    team: Team
    public_id: str = ""
    link: Mapping[str, Model] = field(default_factory=dict)
    created_by: User | None = None
    key: QuantumKey | None = None
    chip: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds_low: float = 0.0


class DjangoLedger:
    """Implements `quantum.jobs.ledger.Ledger`. Only with an owner can it plan new jobs."""

    def __init__(
        self, owner: Owner | None = None, now: Callable[[], datetime] = timezone.now
    ) -> None:
        self.owner = owner
        self.now = now

    @transaction.atomic
    def plan(self, new: NewJob, caps: Sequence[Cap] = ()) -> Job:
        """See `Ledger.plan`."""
        if self.owner is None:
            raise ValueError("This ledger has no owner to plan for.")
        planning_lock()
        found = QuantumJob.objects.filter(scope=new.scope, fingerprint=new.fingerprint).first()
        if found is not None:
            return job_of(found)
        now = self.now()
        check_caps(new, caps, lambda kind: used(kind, new, now))
        team_quota_check(self.owner.team, new.seconds_high)
        given = {NAMES.get(name, name): value for name, value in asdict(new).items()}
        owner = self.owner
        row = QuantumJob.objects.create(
            **given,
            **owner.link,
            team=owner.team,
            created_by=owner.created_by,
            key=owner.key,
            options=dict(owner.options),
            seconds_low=owner.seconds_low,
            created_at=now,
            updated_at=now,
        )
        return job_of(row)

    def get(self, job_id: str) -> Job:
        """See `Ledger.get`."""
        row = QuantumJob.objects.filter(public_id=job_id).first()
        if row is None:
            raise LookupError(f"There is no job {job_id!r}.")
        return job_of(row)

    def move(self, job_id: str, *, expected: JobState, to: JobState, **changes: Any) -> bool:
        """See `Ledger.move`: one update that compares and sets."""
        if not allowed(expected, to) or not changes.keys() <= CHANGES:
            raise ValueError(f"No move from {expected} to {to} with {sorted(changes)}.")
        rows = QuantumJob.objects.filter(public_id=job_id, state=expected.value)
        return bool(rows.update(state=to.value, updated_at=self.now(), **changes))


def planning_lock() -> None:
    """Let one plan at a time look at the sums, until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def used(kind: CapKind, new: NewJob, now: datetime) -> Usage:
    """What counts against a cap already; by the same rule as `quantum.jobs.caps.counted`."""
    rows: QuerySet[QuantumJob] = QuantumJob.objects.exclude(
        state=JobState.CANCELLED.value, task_id=""
    )
    if kind == "run":
        rows = rows.filter(cap_run=new.run)
    else:
        rows = rows.filter(created_at__gte=day_start(now))
        if kind == "user":
            rows = rows.filter(cap_user=new.user)
    sums = rows.aggregate(
        circuits=Sum("circuits", default=0),
        shots=Sum("total_shots", default=0),
        seconds=Sum("seconds_high", default=0.0),
    )
    return Usage(**sums)


def job_of(row: QuantumJob) -> Job:
    """A row as the library's record."""
    new = NewJob(
        **{item.name: getattr(row, NAMES.get(item.name, item.name)) for item in fields(NewJob)}
    )
    return Job(
        id=row.public_id,
        new=new,
        state=JobState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        task_id=row.task_id,
        handle=row.handle,
        result=row.result,
        message=row.message,
        seconds_used=row.seconds_used,
    )
