"""A worker's hold on a run: taken and renewed under a lease, given back in a way of `conclusions`.

It knows nothing of trainers.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from finetune.exceptions import RunRefused
from finetune.faults import fault_of
from finetune.runs.models import Run
from finetune.runs.queue.line import next_run
from finetune.runs.transitions import run_transition

from .conclusions import HoldLost, run_fail, run_interrupt, run_put_back, run_stop
from .folders import PASSES, storage_problem

State = Run.State
ASK_SECONDS = 0.25  # how often a request is looked for
MEMORY_HINT = "If memory ran out, choose a smaller batch or sequence length."


class LeaseLost(Exception):
    """Another worker has taken the run."""


def claim(run_id: int, owner: str) -> Run | None:
    """Take a queued run under a lease; exactly one worker gets it."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or run.state != State.QUEUED:
        return None
    try:
        return run_transition(
            run_id,
            State.RUNNING,
            expected=[State.QUEUED],
            message="Taken by a worker." if not run.started_at else "Taken by a worker again.",
            lease_owner=owner,
            lease_until=lease_end(),
            attempts=run.attempts + 1,
            held_since=timezone.now(),
            started_at=run.started_at or timezone.now(),
        )
    except RunRefused:
        return None


@transaction.atomic
def claim_next(owner: str) -> Run | None:
    """Take the run whose turn it is, which need not be the one that a message named."""
    chosen = next_run()
    return claim(chosen, owner) if chosen is not None else None


def lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


class Hold:
    """The lease, what people asked for meanwhile, and the end."""

    def __init__(self, run: Run, owner: str) -> None:
        self.run = run
        self.owner = owner
        self.folder = run.folder
        self.renewed = 0.0
        self.looked = 0.0
        self.asked = ""
        self.asked_at = 0.0

    def renew(self) -> None:
        """Hold the lease; see what was asked for, and put it where the trainer looks."""
        now = time.monotonic()
        mine = Run.objects.filter(pk=self.run.pk, lease_owner=self.owner, state__in=Run.HELD)
        if now - self.renewed >= min(1.0, settings.LEASE_SECONDS / 5):
            self.renewed = now
            if not mine.update(lease_until=lease_end()):
                raise LeaseLost
        if now - self.looked >= ASK_SECONDS:
            self.looked = now
            asked = mine.values_list("request", flat=True).first() or Run.Request.NONE
            if asked != self.asked:
                self.asked, self.asked_at = asked, now
            if self.asked:
                self.pass_on(self.asked)

    def pass_on(self, request: str) -> None:
        """Tell whoever works for this hold what was asked for."""

    def stopped(self, request: str) -> None:
        self.settle(run_stop, request)
        (self.folder / "control").unlink(missing_ok=True)  # it may have been written once more

    def interrupted(self, reason: str, hint: str = MEMORY_HINT) -> None:
        """The trainer was stopped from outside: go on from its checkpoint, within bounds."""
        self.settle(
            run_interrupt,
            reason,
            bound=f"{reason} It was started {{}} times without a step of progress.",
            hint=hint,
        )

    def storage_failed(self, error: OSError) -> None:
        """The system refused something: wait for what passes, fail for the rest."""
        fault = fault_of(error)
        if fault is not None and error.errno not in (errno.EACCES, errno.EPERM):
            self.settle(run_put_back, fault.title)
            return
        code, message, hint = storage_problem(error)
        if code in PASSES:
            self.settle(run_put_back, message.removesuffix("."))
        else:
            self.fail(code, message, hint)

    def fail(self, code: str, message: str, hint: str = "", trace: str = "", **more: Any) -> None:
        error = {"code": code, "message": message, "hint": hint, "trace": trace, **more}
        self.settle(run_fail, error)

    def settle(self, ending: Callable[..., Run], *arguments: Any, **options: Any) -> None:
        """End this hold in one of the ways of `conclusions`."""
        try:
            ending(self.run.pk, self.owner, *arguments, **options)
        except HoldLost as error:
            raise LeaseLost from error
