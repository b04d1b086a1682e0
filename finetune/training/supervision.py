"""Why a trainer should leave before the end: a request, a signal, or a dead parent.

Beside the training loop, which asks between steps and within them, a thread looks several times a
second: it beats, so that a trainer that was stopped is told from one that is slow, and it ends the
process at once where nothing is trained yet and nothing is lost.

Knows nothing of models.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from enum import Enum, IntEnum
from pathlib import Path
from types import FrameType

from finetune.training.use.meter import Meter

HEARTBEAT = "heartbeat"
DEVICES = "devices"  # of a run: what its processes tell one another
LOOK_SECONDS = 0.2
BEAT_SECONDS = 1.0
SAME_SECONDS = 3.0  # two signals that came so close are one


class ExitCode(IntEnum):
    """How a trainer's process ended, for whoever started it."""

    SUCCEEDED = 0
    FAILED = 1
    BAD_CONFIG = 2
    CANCELLED = 3
    PAUSED = 4
    INTERRUPTED = 5  # by a signal or by its parent's death: started again, it resumes
    ALREADY_RUNNING = 6  # another trainer holds the folder


class Stop(Enum):
    """A reason to leave early; the value is the process's exit code."""

    CANCELLED = ExitCode.CANCELLED
    PAUSED = ExitCode.PAUSED
    INTERRUPTED = ExitCode.INTERRUPTED


class StopRequested(Exception):
    """Raised within an evaluation or a step, of which nothing is kept then."""

    def __init__(self, reason: Stop) -> None:
        self.reason = reason
        super().__init__(reason.name.lower())


class Supervision:
    """Watches the control file, SIGTERM and SIGINT, and the parent process.

    Args:
        control: a file whose text "cancel" or "pause" is a request.
        detached: go on without the parent process.
        parent: process id of the parent, as it told it itself. A trainer whose parent died before
            it could look would take whoever adopted it for its parent.
        whole: whether this process does nothing else, so that all it takes is the run's.

    Attributes:
        meter: what the run takes of the machine.
        beats: asked whether to beat: a run on several devices does while all its processes do.
    """

    def __init__(
        self,
        control: Path,
        *,
        detached: bool = False,
        parent: int | None = None,
        whole: bool = False,
    ) -> None:
        self._control = control
        self._parent = None if detached else parent or os.getppid()
        self._signal: int | None = None
        self._signalled = 0.0
        self._training = False
        self._looked = 0.0
        self._watch: threading.Thread | None = None
        self.why = ""
        self.beats: Callable[[], bool] = lambda: True
        self.meter = Meter(control.parent, whole=whole)

    @classmethod
    def beside(cls, folder: Path, rank: int, parent: int) -> Supervision:
        """Watch the first process of a run alone, beside which another has nothing to keep.

        Requests and signals are heeded by the first, for all together.

        Args:
            folder: the run's.
            rank: the other process's number, from 1.
            parent: the first process.
        """
        own = folder.absolute() / DEVICES / str(rank)
        own.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        return cls(own / "control", parent=parent, whole=True)

    def install(self) -> None:
        """Take over SIGTERM and SIGINT: the first one stops within the step, a later one at once.

        One that comes within `SAME_SECONDS` is the same wish: whoever ends a worker tells its whole
        process group, and the worker, as it ends, tells its trainer once more.
        """
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def watch(self) -> None:
        """Beat, and leave at once for any reason until training begins. Once per process."""
        self._watch = threading.Thread(target=self._keep_watch, name="watch", daemon=True)
        self._watch.start()

    def training_begins(self) -> None:
        """From here on there is something to keep: the loop leaves by itself."""
        self._training = True

    def reason(self) -> Stop | None:
        """Return why the trainer should leave now, or None."""
        if (request := self._request()) is not None:
            return request
        if self._signal is not None:
            self.why = f"signal {signal.Signals(self._signal).name}"
            return Stop.INTERRUPTED
        # A process keeps its parent until that dies, so the number cannot be another's by now.
        if self._parent is not None and os.getppid() != self._parent:
            self.why = "the process that started this trainer is gone"
            return Stop.INTERRUPTED
        return None

    def check(self) -> None:
        """Raise StopRequested if the trainer should leave now."""
        reason = self.reason()
        if reason is not None:
            raise StopRequested(reason)

    def glance(self) -> None:
        """Like `check`, but cheap enough for every layer: it looks a few times a second."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self.check()

    def _keep_watch(self) -> None:
        beaten = 0.0
        while True:
            now = time.monotonic()
            if now - beaten >= BEAT_SECONDS:
                beaten = now
                self._beat()
            if not self._training and (reason := self.reason()) is not None and not self._training:
                self._leave(reason)
            time.sleep(LOOK_SECONDS)

    def _leave(self, reason: Stop) -> None:
        """End the process from beside its loop, which has not begun."""
        if reason is not Stop.INTERRUPTED:
            self._control.unlink(missing_ok=True)  # the request is answered
        why = f" ({self.why})" if self.why else ""
        self.meter.write()
        os.write(2, f"Left before training began: {reason.name.lower()}{why}.\n".encode())
        os._exit(reason.value)

    def _beat(self) -> None:
        try:
            if self.beats():
                self._control.with_name(HEARTBEAT).touch()
        except OSError:
            pass  # a full or read-only disk; the loop meets it, and says so, when it writes
        self.meter.look()

    def _request(self) -> Stop | None:
        try:
            text = self._control.read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return {"cancel": Stop.CANCELLED, "pause": Stop.PAUSED}.get(text)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._signal is None:
            self._signal, self._signalled = number, now
        elif now - self._signalled > SAME_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
