"""A process's way to a chip: circuits into its folder, counts out of it, or why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from finetune.training.circuits.exchange import FolderRunner
from finetune.training.exceptions import QuantumFailed
from quantum.backends.base import Batch, Result
from quantum.exceptions import JobFailedError


@dataclass(frozen=True)
class Asking:
    """Runs batches through a folder that somebody else carries.

    Attributes:
        folder: the exchange folder.
        waiting: called while it waits; may raise to leave.
    """

    folder: Path
    waiting: Callable[[], None]

    def check(self) -> None:
        """See `Checked`."""
        self.waiting()

    def run(self, batch: Batch) -> Result:
        """Return the counts of a batch.

        Raises:
            JobFailedError: there are none, with the reason.
        """
        try:
            return FolderRunner(self.folder, self).run(batch)
        except QuantumFailed as error:
            raise JobFailedError(str(error)) from error
