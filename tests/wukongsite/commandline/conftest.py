"""A subcommand of `manage.py studio`, carried out in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command


@dataclass(frozen=True)
class Done:
    """What a subcommand printed, and its exit status."""

    status: int
    out: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal(io.StringIO):
    """Keeps what is written, and says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def studio(*arguments: str, terminal: bool = False) -> Done:
    out, errors = Terminal() if terminal else io.StringIO(), io.StringIO()
    try:
        call_command("studio", *arguments, stdout=out, stderr=errors)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    return Done(status, out.getvalue(), errors.getvalue())


@pytest.fixture
def as_alice(alice: Any, team: Any) -> Callable[..., Done]:
    def ask(*arguments: str, **more: Any) -> Done:
        return studio(*arguments, "--user", "alice", **more)

    return ask
