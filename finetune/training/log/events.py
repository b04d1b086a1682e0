"""The run's record: a numbered, append-only log of events, one JSON object a line.

Each line is `{"seq", "time", "type", "level", "message", "data"}` and reaches the file before
the trainer goes on; states, checkpoints and results are also forced to the disk. A reader
may follow the file while it grows: it takes the lines that end in a newline.

A trainer that was killed may leave half a line: opening the log cuts it off. A trainer that
resumes computes some steps again: an event that already stands in the log for its step is
not written a second time, so the curve has no gap and no doubled point.

Knows nothing of torch, of Django or of who reads the log.
"""

from __future__ import annotations

import errno
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from finetune.training.exceptions import DamagedLog

Level = Literal["info", "warn", "error"]
Event = dict[str, Any]

TYPES: dict[str, str] = {
    "state": "the run's state: loading, training, saving, succeeded, cancelled, paused, failed, "
    "resumed",
    "model": "parameter counts, device, precision, threads",
    "data": "dialogues given, chosen, left out and shortened, with reasons; tokens",
    "circuit": "the quantum circuit: qubits, layers, depth, gates, parameters, drawings",
    "metrics": "one optimizer step",
    "evaluation": "held-out loss and accuracy",
    "sample": "a reply to a sample prompt",
    "checkpoint": "a checkpoint that can be resumed from",
    "warning": "something a person should know; the run goes on",
    "log": "anything else worth a line",
    "result": "what the run achieved",
    "error": "why the run failed",
}
ONCE_PER_STEP = frozenset({"metrics", "evaluation", "sample", "checkpoint"})
DURABLE = frozenset({"state", "checkpoint", "evaluation", "result", "error"})
RESERVE_BYTES = 256 * 1024


class EventLog:
    """Appends events to one file and remembers what a resumed run need not repeat.

    Args:
        path: the file; made if it does not exist.
        listener: called with each event after it has been written (for a terminal).

    Attributes:
        last_seq: number of the newest event; 0 in an empty log.
        ending: how far a run's end is told: "result" once its result stands in the log,
            "succeeded" once its last state does too, else an empty text.
        early_end: the step after which the run ended early, as its result tells; None otherwise.

    Raises:
        DamagedLog: a line in the middle cannot be read or the numbers have a gap.
    """

    def __init__(self, path: Path, listener: Callable[[Event], None] | None = None) -> None:
        self.path = path
        self.last_seq = 0
        self._listener = listener
        self._logged: set[tuple[str, int, int]] = set()
        self._evaluations: dict[int, float | None] = {}
        self.ending = ""
        self.early_end: int | None = None
        self._reserve = path.with_name("." + path.name + ".reserve")
        self._open()

    def _open(self) -> None:
        """Make the file ready to be written, and remember what stands in it."""
        self.path.touch()
        self._recover()
        if not self._reserve.exists():
            self._reserve.write_bytes(b"\0" * RESERVE_BYTES)
        self._file = self.path.open("ab", buffering=0)

    def __enter__(self) -> EventLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def held_out_losses(self) -> Mapping[int, float | None]:
        """Held-out loss of every evaluation, by step."""
        return self._evaluations

    @property
    def base_validation_loss(self) -> float | None:
        """Held-out loss at step 0 (mean over label tokens, in nats), once it is logged."""
        return self._evaluations.get(0)

    @property
    def last_validation_loss(self) -> float | None:
        """Held-out loss of the latest evaluation (mean over label tokens, in nats)."""
        return self._evaluations[max(self._evaluations)] if self._evaluations else None

    def has(self, type_: str, step: int, index: int = 0) -> bool:
        """Tell whether an event of this type already stands in the log for this step."""
        return (type_, step, index) in self._logged

    def lacks(self, step: int) -> int | None:
        """Return the first of the steps 1 to `step` that is not in the log, or None.

        A checkpoint of a step whose curve is not whole was written after this log was: the log
        came back from an older backup, or was cut.
        """
        return next((n for n in range(1, step + 1) if ("metrics", n, 0) not in self._logged), None)

    def emit(
        self,
        type_: str,
        message: str,
        data: Mapping[str, Any] | None = None,
        *,
        level: Level | None = None,
    ) -> int | None:
        """Write one event and return its number, or None if its step is already logged.

        Args:
            type_: one of `TYPES`.
            message: plain words.
            data: values for machines; floats that are not finite become null.
            level: by default "error" for errors, "warn" for warnings, else "info".

        Raises:
            ValueError: an unknown type.
            OSError: the disk is full (`ENOSPC`) or the file cannot be written. The log then
                ends with the last whole line.
        """
        if type_ not in TYPES:
            raise ValueError(f"unknown event type {type_!r}; known: {', '.join(TYPES)}")
        clean: dict[str, Any] = _finite(dict(data or {}))
        if self._key({"type": type_, "data": clean}) in self._logged:
            return None
        event: Event = {
            "seq": self.last_seq + 1,
            "time": round(time.time(), 3),
            "type": type_,
            "level": level or {"error": "error", "warning": "warn"}.get(type_, "info"),
            "message": message,
            "data": clean,
        }
        self._append(event, durable=type_ in DURABLE)
        self._remember(event)
        if self._listener is not None:
            self._listener(event)
        return int(event["seq"])

    def sync(self) -> None:
        """Force all lines to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Force all lines to the disk and close the file."""
        self.sync()
        self._file.close()
        self._reserve.unlink(missing_ok=True)

    def free_reserve(self) -> None:
        """Give the bytes kept back for this moment to the disk, so that a full disk is logged."""
        self._reserve.unlink(missing_ok=True)

    def _append(self, event: Event, *, durable: bool) -> None:
        text = json.dumps(event, ensure_ascii=False, allow_nan=False)
        line = text.encode(errors="replace") + b"\n"  # half a character, in a file's name say
        start = os.fstat(self._file.fileno()).st_size
        try:
            written = self._file.write(line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            if durable:
                self.sync()
        except OSError:
            self._file.truncate(start)
            raise

    def _recover(self) -> None:
        """Read the log once: cut a torn tail off, check the numbers, remember the steps."""
        end = 0
        torn = False
        with self.path.open("r+b") as handle:
            for line in handle:
                event = _parse(line) if line.endswith(b"\n") else None
                if event is None:
                    torn = True
                    continue
                if torn or event["seq"] != self.last_seq + 1:
                    raise DamagedLog(
                        f"{self.path}: event {event['seq']} follows {self.last_seq}. Lines were "
                        "lost, damaged or doubled; start the run again in a new folder."
                    )
                self._remember(event)
                end += len(line)
            handle.truncate(end)

    def _remember(self, event: Event) -> None:
        self.last_seq = int(event["seq"])
        key = self._key(event)
        if key is not None:
            self._logged.add(key)
        if event["type"] == "evaluation":
            self._evaluations[int(event["data"]["step"])] = event["data"].get("validation_loss")
        if event["type"] == "result":
            self.ending = "result"
            early = event["data"].get("ended_early")
            self.early_end = event["data"]["last_step"] if early else None
        elif event["type"] == "state":
            self.ending = "succeeded" if event["data"].get("state") == "succeeded" else ""

    @staticmethod
    def _key(event: Event) -> tuple[str, int, int] | None:
        if event["type"] not in ONCE_PER_STEP:
            return None
        data = event["data"]
        return event["type"], int(data["step"]), int(data.get("index", 0))


def read_events(path: Path, after: int = 0) -> Iterator[Event]:
    """Yield the whole lines of a log whose number is greater than `after`.

    Raises:
        DamagedLog: a line that ends in a newline is not an event.
    """
    with path.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            if not line.endswith(b"\n"):
                return
            event = _parse(line)
            if event is None:
                raise DamagedLog(f"{path}, line {number}: not an event.")
            if event["seq"] > after:
                yield event


def _parse(line: bytes) -> Event | None:
    """Return the event of a line, or None for a line that a damage has left."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return None
    whole = type(event.get("seq")) is int and isinstance(event.get("type"), str)
    steps = event.get("type") not in ONCE_PER_STEP or type(event["data"].get("step")) is int
    return event if whole and steps else None


def _finite(value: Any) -> Any:
    """Replace floats JSON has no name for by null, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
