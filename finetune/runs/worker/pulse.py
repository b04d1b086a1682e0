"""Whether a trainer is alive: its heartbeat file, looked at by the clock of whoever looks.

The trainer beats from a thread of its own, also while it loads a model, takes a long step or waits
for circuits. So silence means that the process is stopped, or hangs in a way that holds up its
interpreter; a slow one is never silent.
"""

from __future__ import annotations

import time
from pathlib import Path

LONGEST_LOOK = 1.0


class Pulse:
    """How long a trainer has been silent.

    Only time in which somebody looked counts: a worker that was stopped itself, or a machine that
    slept, must not take its own absence for the trainer's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.silent = 0.0
        self._beat = self._read()
        self._looked = time.monotonic()

    def look(self) -> float:
        """Return the seconds without a beat."""
        now, beat = time.monotonic(), self._read()
        if beat != self._beat:
            self._beat, self.silent = beat, 0.0
        else:
            self.silent += min(now - self._looked, LONGEST_LOOK)
        self._looked = now
        return self.silent

    def _read(self) -> int | None:
        try:
            return self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
