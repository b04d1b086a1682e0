"""A worker's patience with a full disk or a locked database.

The trainer writes its own record into the run's folder, so a worker that cannot copy it now loses
nothing by waiting: it tries again, says once that it waits, and writes into the run's log how long
it did. Anything that is not a fault of the machine passes through.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError

from finetune.faults import Fault, fault_of
from finetune.runs.models import Run
from finetune.runs.transitions import run_log

log = logging.getLogger(__name__)
AGAIN_SECONDS = 1.0


class Patience:
    """What one worker has waited for, on behalf of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.fault: Fault | None = None
        self.since = 0.0
        self.tried = 0.0

    def allows(self, act: Callable[[], None]) -> bool:
        """Carry `act` out, or not, where the machine cannot take it now; tell which."""
        if self.fault is not None and time.monotonic() - self.tried < AGAIN_SECONDS:
            return False
        self.tried = time.monotonic()
        if fault := fault_in(act):
            self.begin(fault)
            return False
        if self.fault is not None and fault_in(self.tell) is None:
            self.fault = None
        return True

    def insist(self, act: Callable[[], None], meanwhile: Callable[[], None]) -> None:
        """Carry `act` out, however long the machine needs; `meanwhile` keeps the lease."""
        while not self.allows(act):
            fault_in(meanwhile)
            time.sleep(AGAIN_SECONDS)

    def begin(self, fault: Fault) -> None:
        if self.fault is None:
            self.since = time.monotonic()
            log.warning(
                "%s: %s. Its worker waits; the trainer goes on.", self.run.name, fault.title
            )
        self.fault = fault

    def tell(self) -> None:
        waited = time.monotonic() - self.since
        title = self.fault.title if self.fault else ""
        run_log(
            self.run,
            "warning",
            f"{title}: nothing could be written here for {waited:.0f} s. Nothing is lost.",
            level="warn",
        )
        log.warning("%s: goes on after %.0f s.", self.run.name, waited)


def fault_in(act: Callable[[], None]) -> Fault | None:
    """Carry `act` out; the fault of the machine that kept it from that, or None."""
    try:
        act()
    except (OSError, DatabaseError) as error:
        fault = fault_of(error)
        if fault is None:
            raise
        return fault
    return None
