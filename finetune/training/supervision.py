"""Why a trainer should leave before the end: a request, a signal, or a dead parent.

Knows nothing of models: the training loop asks between steps.
"""

from __future__ import annotations

import os
import signal
from enum import Enum
from pathlib import Path
from types import FrameType


class Stop(Enum):
    """A reason to leave early; the value is the process's exit code."""

    CANCELLED = 3
    PAUSED = 4
    INTERRUPTED = 5


class StopRequested(Exception):
    """Raised between batches of an evaluation, where no step is under way."""

    def __init__(self, reason: Stop) -> None:
        self.reason = reason
        super().__init__(reason.name.lower())


class Supervision:
    """Watches the control file, SIGTERM and SIGINT, and the parent process.

    Args:
        control: a file whose text "cancel" or "pause" is a request.
        detached: go on without the parent process.
    """

    def __init__(self, control: Path, *, detached: bool = False) -> None:
        self._control = control
        self._parent = None if detached else os.getppid()
        self._signal: int | None = None
        self.why = ""

    def install(self) -> None:
        """Take over SIGTERM and SIGINT: the first one stops after the step, a second at once."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def reason(self) -> Stop | None:
        """Return why the trainer should leave now, or None."""
        if (request := self._request()) is not None:
            return request
        if self._signal is not None:
            self.why = f"signal {signal.Signals(self._signal).name}"
            return Stop.INTERRUPTED
        if self._parent is not None and os.getppid() != self._parent:
            self.why = "the process that started this trainer is gone"
            return Stop.INTERRUPTED
        return None

    def check(self) -> None:
        """Raise StopRequested if the trainer should leave now."""
        reason = self.reason()
        if reason is not None:
            raise StopRequested(reason)

    def _request(self) -> Stop | None:
        try:
            text = self._control.read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return {"cancel": Stop.CANCELLED, "pause": Stop.PAUSED}.get(text)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        signal.signal(number, signal.SIG_DFL)
