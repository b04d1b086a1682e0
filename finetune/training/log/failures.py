"""What went wrong, in words a person can act on.

Knows nothing of the training loop: it reads an exception and the state of the machine.
"""

from __future__ import annotations

import errno
import shutil
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune.training.config import RunConfig
from finetune.training.exceptions import (
    BadConfig,
    BadData,
    DamagedLog,
    DeviceFailed,
    Diverged,
    ExplodedLoss,
    QuantumFailed,
    TrainingError,
)
from finetune.training.loop import checkpoints
from finetune.training.loop.finite_files import adapter_problem
from finetune.training.supervision import ExitCode
from finetune.training.watch.advice import less_memory
from finetune.training.watch.stopping import Losses, best_step
from finetune.training.watch.troubles import EXPLODING
from quantum.exceptions import BackendMissingError, QuantumError

from .events import read_events
from .sentences import Sentence, joined, parts_of, sentence

TAIL_LINES = 12
NEARLY_FULL = 1 << 20


@dataclass(frozen=True)
class Failure:
    """One failure: kind for machines, message for people, exit code for the parent.

    Attributes:
        hint: what to do about it, where the message does not say it.
        changes: settings of a new run that would probably do better.
    """

    kind: str
    message: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.FAILED
    changes: Mapping[str, Any] = field(default_factory=dict)


def explain(error: BaseException, folder: Path) -> Failure:
    """Explain an exception that ended a run in `folder`.

    Kinds: `bad_config`, `data`, `quantum`, `not_finite`, `exploding_loss`, `out_of_memory`,
    `disk_full`, `exception`.
    """
    if isinstance(error, BadConfig):
        words = f"The settings cannot be used. {error}"
        return Failure("bad_config", words, exit_code=ExitCode.BAD_CONFIG)
    if isinstance(error, BadData):
        return Failure("data", str(error))
    if isinstance(error, DeviceFailed):
        return _told(error.report)
    if _disk_full(error, folder):
        return Failure(
            "disk_full",
            sentence(
                "The disk that holds %(folder)s is full. Free some space, then resume: the last "
                "checkpoint is kept.",
                folder=str(folder),
            ),
        )
    if _out_of_memory(error):
        return _without_memory(folder)
    if (link := _quantum(error)) is not None:
        return Failure("quantum", str(link), hint=_quantum_hint(link))
    if isinstance(error, Diverged):
        kind = EXPLODING if isinstance(error, ExplodedLoss) else "not_finite"
        return Failure(kind, joined(error.words, _kept(folder)), changes=error.changes)
    if isinstance(error, TrainingError):
        return Failure("exception", str(error))
    return Failure("exception", f"{type(error).__name__}: {_first_line(error)}")


def failure_data(failure: Failure, error: BaseException) -> dict[str, Any]:
    """Return what the log's `error` event has of a failure, with its message."""
    return {
        "message": failure.message,
        "kind": failure.kind,
        "hint": failure.hint,
        "parts": parts_of(failure.message),
        "changes": dict(failure.changes),
        "exception": type(error).__name__,
        "trace_tail": trace_tail(error),
    }


def _told(report: Mapping[str, Any]) -> Failure:
    """What the process of another device has told of itself."""
    message = Sentence.of(report["message"], list(report.get("parts") or []))
    changes = report.get("changes") or {}
    return Failure(str(report["kind"]), message, str(report.get("hint", "")), changes=changes)


def trace_tail(error: BaseException) -> str:
    """Return the last lines of the traceback."""
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    return "\n".join(lines[-TAIL_LINES:])


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _disk_full(error: BaseException, folder: Path) -> bool:
    """Torch and safetensors turn ENOSPC into errors of their own: look at texts and the disk."""
    for link in _chain(error):
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in str(link) or "os error 28" in str(link):
            return True
    words = ("PytorchStreamWriter", "inline_container")  # torch.save, before its end and at it
    writing = any(word in str(link) for link in _chain(error) for word in words)
    return writing and shutil.disk_usage(folder).free < NEARLY_FULL


def _out_of_memory(error: BaseException) -> bool:
    texts = ("out of memory", "can't allocate memory", "cannot allocate memory")
    return any(
        isinstance(link, MemoryError)
        or (isinstance(link, RuntimeError | OSError) and any(t in str(link).lower() for t in texts))
        for link in _chain(error)
    )


def _without_memory(folder: Path) -> Failure:
    words = sentence("There is not enough memory for a step.")
    try:
        advice = less_memory(RunConfig.read(folder / "config.json"))
    except TrainingError:  # it ran out before the settings could be read
        return Failure("out_of_memory", joined(words, sentence("Choose a smaller batch size.")))
    message = joined(words, advice.words, _kept(folder))
    return Failure("out_of_memory", message, changes=advice.changes)


def _quantum(error: BaseException) -> QuantumFailed | QuantumError | None:
    """Return what went wrong with circuits, also where autograd or PEFT wrapped it."""
    for link in _chain(error):
        if isinstance(link, QuantumFailed | QuantumError):
            return link
    return None


def _quantum_hint(error: QuantumFailed | QuantumError) -> str:
    if isinstance(error, QuantumFailed):
        return error.hint
    if isinstance(error, BackendMissingError):
        return "Install it where the worker runs, then queue the run again."
    return ""


def _kept(folder: Path) -> Sentence:
    """Name what is left to go on from."""
    found = checkpoints.newest(folder / "checkpoints", adapter_problem)
    if found.path is None:
        return sentence("No checkpoint was written before it.")
    best = best_step(_held_out_losses(folder / "events.jsonl"), found.step)
    path = folder / "checkpoints" / f"checkpoint-{best}"
    if best in (None, found.step) or not path.is_dir():
        return sentence(
            "The last good checkpoint, of step %(step)s, is kept: checkpoints/%(name)s",
            step=found.step,
            name=found.path.name,
        )
    return sentence(
        "The last good checkpoint, of step %(step)s, is kept: checkpoints/%(name)s, and so is the "
        "best one, of step %(best)s: checkpoints/%(best_name)s",
        step=found.step,
        name=found.path.name,
        best=str(best),
        best_name=path.name,
    )


def _held_out_losses(log: Path) -> Losses:
    try:
        measured = [event["data"] for event in read_events(log) if event["type"] == "evaluation"]
    except (OSError, DamagedLog):
        return {}
    return {data["step"]: data.get("validation_loss") for data in measured}


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
