"""Errors of data sets: each says what is wrong, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.datasets.doctor.report import Report


class DatasetRefused(Exception):
    """A whole file cannot be used.

    Attributes:
        code: stable name for tests and the API, such as `archive`.
        message: what is wrong, in plain words.
        hint: what to do about it.
        report: what was counted before the refusal, if the file was read.
    """

    def __init__(self, code: str, message: str, hint: str, report: Report | None = None) -> None:
        self.code = code
        self.message = message
        self.hint = hint
        self.report = report
        super().__init__(f"{message} {hint}")


class RecordProblem(Exception):
    """One dialogue cannot be used.

    Attributes:
        check: name of the check, OpenAI's cookbook name where there is one.
        reason: what is wrong, in plain words.
        fix: what to do about it.
    """

    def __init__(self, check: str, reason: str, fix: str) -> None:
        self.check = check
        self.reason = reason
        self.fix = fix
        super().__init__(f"{check}: {reason}")
