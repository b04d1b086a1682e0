"""Errors of the site that a person sees: what is wrong, where, and what to do."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings

from finetune.training.problems import Problem


class StudioError(Exception):
    """A refusal with a stable code, the field it is about (or empty) and a message to show."""

    def __init__(self, message: str, *, code: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


class UploadRefused(StudioError):
    """An upload that was not kept."""


class RunRefused(StudioError):
    """A run that cannot be created or moved to the state that was asked for.

    Attributes:
        problems: what is wrong with each field; the whole message where there are none.
    """

    def __init__(
        self, message: str, *, code: str, field: str = "", problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.problems = problems or (Problem(field, message),)


def without_paths(text: str) -> str:
    """A message with the last part of each path of this machine: its folders are the log's."""
    return own_path().sub(lambda path: Path(path[0]).name, text)


@cache
def own_path() -> re.Pattern[str]:
    roots = sorted({str(settings.DATA_DIR), str(settings.BASE_DIR)}, key=len, reverse=True)
    known = "|".join(map(re.escape, roots))
    return re.compile(rf"(?:{known})(?![\w.-])(?:/[^\s'\",;:()<>]*)?")
