"""Errors of data sets: each says what is wrong, where, and what to do."""

from __future__ import annotations

from typing import Any


class DatasetRefused(Exception):
    """A whole file cannot be used.

    Attributes:
        code: stable name for tests and the API, such as `archive`.
        message: what is wrong, in plain words.
        hint: what to do about it.
        report: what was counted before the refusal, as plain data; empty if nothing was read.
    """

    def __init__(
        self, code: str, message: str, hint: str, report: dict[str, Any] | None = None
    ) -> None:
        self.code = code
        self.message = message
        self.hint = hint
        self.report = report or {}
        super().__init__(f"{message} {hint}")

    def __reduce__(self) -> tuple[type[DatasetRefused], tuple[Any, ...]]:
        return type(self), (self.code, self.message, self.hint, self.report)


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

    def __reduce__(self) -> tuple[type[RecordProblem], tuple[str, str, str]]:
        return type(self), (self.check, self.reason, self.fix)
