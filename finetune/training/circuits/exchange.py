"""A trainer's way to a quantum machine: a folder through which batches and results pass.

    RUN_DIR/quantum/FINGERPRINT.batch.json    out: circuits to run (`Batch.to_json`)
    RUN_DIR/quantum/FINGERPRINT.result.json   in: their counts (`Result.to_json`)
    RUN_DIR/quantum/FINGERPRINT.error.json    in: why there is none: kind, message, hint

A batch's name is its content. A trainer that was stopped computes its step again, comes to the
same batch and finds the result, or goes on waiting for it: nothing is asked for twice.

Knows nothing of keys, SDKs, ledgers or who carries the files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from finetune.files import write_whole
from finetune.training.exceptions import QuantumFailed
from quantum.backends.base import Batch, Result
from quantum.exceptions import BadResultError

LOOK_SECONDS = 0.2
FOLDER = "quantum"
BATCH, RESULT, ERROR = ".batch.json", ".result.json", ".error.json"


class Checked(Protocol):
    """Is looked at while somebody waits; raises where they should wait no longer."""

    def check(self) -> None:
        """Raise to leave."""


class FolderRunner:
    """Runs batches by writing them to a folder and waiting for the answers.

    Args:
        folder: the exchange folder; made if it does not exist.
        supervision: looked at while waiting.
        told: called with the batch and its fingerprint when one is asked for the first time.

    Attributes:
        waiting_for: fingerprint of the batch that has no answer yet, or None.
        seconds_waited: time spent waiting by this trainer, in seconds.
    """

    def __init__(
        self,
        folder: Path,
        supervision: Checked,
        told: Callable[[Batch, str], None] | None = None,
    ) -> None:
        self.folder = folder
        self.waiting_for: str | None = None
        self.seconds_waited = 0.0
        self._supervision = supervision
        self._told = told
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, batch: Batch) -> Result:
        """Return the counts of a batch, waiting for them as long as it takes.

        Raises:
            StopRequested: a pause, a cancel, a signal or a dead parent; the batch stays asked.
            QuantumFailed: the job ended without a result, or its result cannot be read.
        """
        fingerprint = batch.fingerprint()
        self.waiting_for = fingerprint
        if not (self.folder / f"{fingerprint}{BATCH}").exists():
            write_whole(self.folder / f"{fingerprint}{BATCH}", batch.to_json())
            if self._told is not None:
                self._told(batch, fingerprint)
        started = time.monotonic()
        try:
            while (result := self._answer(fingerprint)) is None:
                self._supervision.check()
                time.sleep(LOOK_SECONDS)
        finally:
            self.seconds_waited += time.monotonic() - started
        if len(result.counts) != len(batch.circuits):
            raise QuantumFailed(
                f"The result {fingerprint[:12]} has counts of {len(result.counts)} circuits; "
                f"{len(batch.circuits)} were asked for.",
                hint="Look at the job on the Quantum page.",
            )
        self.waiting_for = None
        return result

    def prune(self, before: float) -> None:
        """Remove answered batches from before a time: no checkpoint that is kept asks for them.

        A result may have megabytes, and a run many. One that is asked for again after all is still
        in the ledger of whoever carries the files.

        Args:
            before: seconds since the epoch.
        """
        for found in self.folder.glob(f"*{RESULT}"):
            if found.stat().st_mtime < before:
                found.unlink()
                (self.folder / found.name.replace(RESULT, BATCH)).unlink(missing_ok=True)

    def _answer(self, fingerprint: str) -> Result | None:
        """Return the result if it is there.

        Raises:
            QuantumFailed: an error stands in its place.
        """
        found = self.folder / f"{fingerprint}{RESULT}"
        if found.exists():
            try:
                return Result.from_json(found.read_text(encoding="utf-8"))
            except (BadResultError, UnicodeDecodeError) as error:
                raise QuantumFailed(
                    f"The result {found.name} cannot be read: {error}.",
                    hint="Move the file away and queue the run again.",
                ) from error
        failed = self.folder / f"{fingerprint}{ERROR}"
        if failed.exists():
            told = json.loads(failed.read_text(encoding="utf-8"))
            raise QuantumFailed(str(told["message"]), hint=str(told.get("hint", "")))
        return None


def unanswered(folder: Path) -> list[str]:
    """Return the fingerprints of the batches that have neither result nor error."""
    asked = {path.name.removesuffix(BATCH) for path in folder.glob(f"*{BATCH}")}
    return sorted(
        name
        for name in asked
        if not any((folder / f"{name}{end}").exists() for end in (RESULT, ERROR))
    )


def read_batch(folder: Path, fingerprint: str) -> Batch:
    """Return a batch that a trainer asks for.

    Raises:
        CircuitError: the file is no batch.
        OSError: the file cannot be read.
    """
    return Batch.from_json((folder / f"{fingerprint}{BATCH}").read_text(encoding="utf-8"))


def write_result(folder: Path, fingerprint: str, result: Result) -> None:
    """Give the trainer its counts; the provider's raw reply stays with whoever keeps the ledger."""
    write_whole(folder / f"{fingerprint}{RESULT}", replace(result, raw="").to_json())


def write_error(folder: Path, fingerprint: str, kind: str, message: str, hint: str) -> None:
    """Tell the trainer why there are no counts."""
    answer = {"kind": kind, "message": message, "hint": hint}
    write_whole(folder / f"{fingerprint}{ERROR}", json.dumps(answer))


def forget_errors(folder: Path) -> None:
    """Before a trainer starts anew: take back old refusals, since their cause may be gone."""
    for path in folder.glob(f"*{ERROR}"):
        path.unlink(missing_ok=True)
