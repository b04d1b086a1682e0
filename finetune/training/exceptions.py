"""Errors of training: each message says what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetune.training.problems import Problem


class TrainingError(Exception):
    """A run cannot go on."""


class BadConfig(TrainingError):
    """The settings of a run cannot be used.

    Attributes:
        problems: what is wrong with each field or option.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


class BadData(TrainingError):
    """The dialogues of a run cannot be read or hold nothing to learn from."""


class ChangedReply(BadData):
    """The chat template writes a reply otherwise than it was given."""

    def __init__(self, reply: str) -> None:
        shown = reply if len(reply) <= 60 else reply[:60] + "…"
        super().__init__(
            f"the chat template changes the reply {shown!r}, so a model that learns it would "
            "learn something else. Use a plainer template, or mend the reply"
        )


class LeftOut(BadData):
    """One dialogue cannot be used; the others can.

    Attributes:
        kind: what the data event counts it as: "refused", "changed", "too_long",
            "without_reply" or "unreadable".
    """

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        super().__init__(why)


class Diverged(TrainingError):
    """The numbers of a run went where nothing can be learned from.

    Attributes:
        words: the message as it was given, with the parts of its sentences.
        changes: settings of a new run that would probably do better.
    """

    def __init__(self, message: str, changes: Mapping[str, Any] | None = None) -> None:
        self.words = message
        self.changes = dict(changes or {})
        super().__init__(message)


class NonFiniteLoss(Diverged):
    """A loss, a gradient or a weight became infinite or not a number."""


class ExplodedLoss(Diverged):
    """The loss rose far above where it was."""


class QuantumFailed(TrainingError):
    """Circuits were sent to a machine and no counts came back.

    Attributes:
        hint: what a person can do about it; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)


class DeviceDied(TrainingError):
    """The process of another device of the run was ended.

    Attributes:
        device: its number, from 1.
        number: the signal that ended it.
    """

    def __init__(self, device: int, number: int) -> None:
        self.device = device
        self.number = number
        super().__init__(f"The process of device {device} was ended by signal {number}.")


class DeviceFailed(TrainingError):
    """The process of another device of the run failed.

    Attributes:
        report: what it said, as the data of an `error` event, with its `message`.
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.report = report
        super().__init__(str(report["message"]))


class AlreadyRunning(TrainingError):
    """Another trainer holds this run folder."""


class DamagedLog(TrainingError):
    """The event log has a hole; going on would break the numbering."""
