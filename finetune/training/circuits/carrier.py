"""By hand, without the site: batches of a run folder to Origin's cloud, and their counts back.

Jobs are kept in RUN_DIR/quantum/ledger.sqlite3, so it may be broken off and started again: no batch
is sent twice. Knows nothing of models, keys or questions to people.
"""

from __future__ import annotations

import fcntl
import signal
import time
from pathlib import Path
from typing import Any, TextIO

from finetune.training.exceptions import AlreadyRunning
from quantum.backends.base import JobState, SamplingBackend
from quantum.exceptions import CapExceededError, JobFailedError, QuantumError
from quantum.jobs.caps import Cap
from quantum.jobs.runner import LedgerRunner
from quantum.jobs.sqlite_ledger import FileLedger

from . import exchange

LOOK_SECONDS = 0.5
POLL_SECONDS = 1.0
LEDGER = "ledger.sqlite3"
SCOPE = "run"  # the ledger is this run's own


class Carrier:
    """Sends what a trainer asks for, batch by batch, until its adapter is there.

    Args:
        run_dir: the run's folder.
        backend: the machine, with its key.
        circuits: the most circuits that may ever be sent for this run, earlier ones included.
        again: send batches whose job failed or was cancelled once more.
    """

    def __init__(
        self, run_dir: Path, backend: SamplingBackend, circuits: int, *, again: bool = False
    ) -> None:
        self.folder = run_dir / exchange.FOLDER
        self.folder.mkdir(exist_ok=True)
        self._adapter = run_dir / "adapter"
        self._backend = backend
        self._caps = [Cap(kind="run", circuits=circuits)]
        self._again = again
        self._ledger = FileLedger(self.folder / LEDGER)
        self._stopping = False

    def carry(self) -> bool:
        """Carry until the run is finished; False on Ctrl-C, which lets a submission end first.

        Raises:
            AlreadyRunning: another carrier works in this folder.
        """
        before = signal.signal(signal.SIGINT, self._interrupted)
        try:
            with self._alone():
                exchange.forget_errors(self.folder)
                while not self._adapter.is_dir():
                    for fingerprint in exchange.unanswered(self.folder):
                        self._answer(fingerprint)
                    self._check()
                    time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            return False
        finally:
            signal.signal(signal.SIGINT, before)
        return True

    def _answer(self, fingerprint: str) -> None:
        """Put the counts of a batch into the folder, or why there are none."""
        again = "Start the carrier again, then the trainer"
        try:
            batch = exchange.read_batch(self.folder, fingerprint)
            print(f"{fingerprint[:12]}: {len(batch.circuits)} circuits.", flush=True)
            result = self._runner(fingerprint).run(batch)
        except CapExceededError as error:
            self._refuse(fingerprint, "cap", error, f"{again}, with more --agree-circuits.")
        except JobFailedError as error:
            self._refuse(fingerprint, "failed", error, f"{again}; --again sends it once more.")
        except QuantumError as error:
            self._refuse(fingerprint, "refused", error, f"Nothing was sent. {again}.")
        else:
            exchange.write_result(self.folder, fingerprint, result)
            print(f"{fingerprint[:12]}: its counts are back.", flush=True)

    def _runner(self, fingerprint: str) -> LedgerRunner:
        jobs = [job for job in self._ledger.jobs() if job.new.fingerprint == fingerprint]
        scope = jobs[-1].new.scope if jobs else SCOPE
        if self._again and jobs and jobs[-1].state in (JobState.FAILED, JobState.CANCELLED):
            scope = f"{SCOPE}:{len(jobs)}"  # a new name, and with it a new job
        return LedgerRunner(
            self._backend, self._ledger, scope, caps=self._caps, run=SCOPE,
            recover=True, poll_seconds=POLL_SECONDS, between_polls=self._check,
        )  # fmt: skip

    def _refuse(self, fingerprint: str, kind: str, error: QuantumError, hint: str) -> None:
        exchange.write_error(self.folder, fingerprint, kind, str(error), hint)
        print(f"{fingerprint[:12]}: {error} {hint}", flush=True)

    def _interrupted(self, *received: Any) -> None:
        if self._stopping:
            raise KeyboardInterrupt
        self._stopping = True

    def _check(self) -> None:
        if self._stopping:
            raise KeyboardInterrupt

    def _alone(self) -> TextIO:
        handle = (self.folder / "carrier.lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.close()
            raise AlreadyRunning(f"Another carrier works in {self.folder}.") from error
        return handle
