"""Every change of a run's state is made here: guarded, atomic and written to its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from finetune.exceptions import RunRefused
from finetune.teams.models import User

from .models import Run, RunEvent
from .queue.usage import hold_ended

State = Run.State

ALLOWED: dict[str, frozenset[str]] = {
    State.CREATED: frozenset({State.VALIDATING, State.QUEUED, State.FAILED, State.CANCELLED}),
    State.VALIDATING: frozenset({State.QUEUED, State.FAILED, State.CANCELLED}),
    State.QUEUED: frozenset({State.RUNNING, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset(
        {
            State.PAUSING,
            State.PAUSED,
            State.QUEUED,
            State.SUCCEEDED,
            State.FAILED,
            State.CANCELLED,
        }
    ),
    State.PAUSING: frozenset(
        {State.PAUSED, State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED}
    ),
    State.PAUSED: frozenset({State.QUEUED, State.CANCELLED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset({State.QUEUED}),
    State.SUCCEEDED: frozenset(),
}


@transaction.atomic
def run_transition(
    run_id: int,
    to: str,
    *,
    message: str,
    expected: Iterable[str] | None = None,
    lease: str | None = None,
    level: str = "info",
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Run:
    """Move a run to another state and log it.

    Args:
        expected: states that it must be in; by default every one that may go to `to`.
        lease: if given, the run must still be held under this lease.
        changes: other fields, written with the state.

    Raises:
        RunRefused: it is in another state, or held under another lease.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    allowed = to in ALLOWED[run.state] and (expected is None or run.state in expected)
    if not allowed or (lease is not None and run.lease_owner != lease):
        raise RunRefused(
            _("“%(name)s” is %(state)s and cannot become %(other)s.")
            % {
                "name": run.name,
                "state": run.get_state_display().lower(),
                "other": State(to).label.lower(),
            },
            code="wrong_state",
        )
    if run.state in Run.HELD and to not in Run.HELD:
        hold_ended(run)
    run.state = to
    for name, value in changes.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *changes])
    run_log(run, "state", message, {"state": to, **(data or {})}, level=level)
    return run


@transaction.atomic
def run_log(
    run: Run,
    kind: str,
    message: str,
    data: Mapping[str, Any] | None = None,
    *,
    level: str = "info",
) -> None:
    """Append one event of the site's own to a run's log and ring the bell."""
    from .events import bell_ring, run_logged

    locked = Run.objects.select_for_update().only("last_seq").get(pk=run.pk)
    run.last_seq = locked.last_seq + 1
    Run.objects.filter(pk=run.pk).update(last_seq=run.last_seq)
    event = RunEvent.objects.create(
        run=run,
        seq=run.last_seq,
        time=timezone.now(),
        type=kind,
        level=level,
        message=message,
        data=dict(data or {}),
    )
    run_logged.send(Run, run=run, events=[event])
    transaction.on_commit(lambda: bell_ring(run.public_id, run.last_seq))


def by_whom(by: User | None) -> str:
    return by.get_username() if by else "the studio"
