"""The newest errors of all processes: what kind, where and when, never what was said.

Every record of level ERROR leaves a line in a short list in Valkey. A line holds the kind of the
exception and the place in our code, no message and no address, since either may hold a person's
words or a link that opens something. The whole story is in the log of that process, under the id.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis
from django.conf import settings

from .parts import valkey_client

LIST = "console-errors"
KEPT = 500
A_DAY = 86_400.0
SECONDS = 0.3  # that a process waits for Valkey
MOST_A_MINUTE = 30  # that one process tells


@dataclass(frozen=True)
class Kind:
    """Errors of one kind at one place.

    Attributes:
        what: of the exception, or the logger where there is none.
        where: `module.py:12` of the last line of our own in the traceback, or the logger's.
        count: in the last day, as far as they are kept.
        last: when it last came.
        process: what it came in, `web` or the name of a worker.
        number: the id of the request or task under which the log has it.
    """

    what: str
    where: str
    count: int
    last: datetime
    process: str
    number: str


class KeptErrors(logging.Handler):
    """Tells the console of each error; an absent Valkey is nobody's concern here."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self._own = threading.local()  # set while one is told: redis may log too
        self._told: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(self._own, "busy", False):
            return
        now = time.time()
        self._told = [at for at in self._told if now - at < 60.0]
        if len(self._told) >= MOST_A_MINUTE:
            return
        self._told.append(now)
        self._own.busy = True
        try:
            client = valkey_client(SECONDS)
            with client, client.pipeline(transaction=False) as pipe:
                pipe.lpush(LIST, json.dumps(line_of(record, now)))
                pipe.ltrim(LIST, 0, KEPT - 1)
                pipe.execute()
        except Exception:  # noqa: S110 - the log itself has it
            pass
        finally:
            self._own.busy = False


def line_of(record: logging.LogRecord, now: float) -> dict[str, object]:
    """What is kept of a record."""
    from structlog.contextvars import get_contextvars

    error = record.exc_info[1] if record.exc_info else None
    bound = get_contextvars()
    request = getattr(record, "request", None)
    number = getattr(request, "id", None) or bound.get("request_id") or bound.get("task_id") or ""
    return {
        "at": now,
        "what": type(error).__name__ if error is not None else record.name,
        "where": place_of(error) or f"{Path(record.pathname).name}:{record.lineno}",
        "process": process_name(),
        "number": str(number)[:80],
    }


def place_of(error: BaseException | None) -> str:
    """The last line of our own that the error went through."""
    if error is None:
        return ""
    root = str(settings.BASE_DIR)
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if one.filename.startswith(root) and ".venv" not in one.filename]
    last = (own or list(frames))[-1:]
    return "".join(f"{relative(one.filename, root)}:{one.lineno}" for one in last)


def relative(path: str, root: str) -> str:
    return str(Path(path).relative_to(root)) if path.startswith(root) else Path(path).name


def process_name() -> str:
    """`web`, or the worker's name of the command line."""
    names = [one.partition("@")[0] for one in sys.argv if "@" in one]
    return names[0] if names else Path(sys.argv[0]).parent.name or "command"


def kinds_of(lines: Iterable[bytes | str], now: float) -> list[Kind]:
    """Lines of the last day, those of one kind and place together, newest first."""
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for line in lines:
        try:
            one = json.loads(line)
            if now - float(one["at"]) < A_DAY:
                found.setdefault((str(one["what"]), str(one["where"])), []).append(one)
        except (ValueError, KeyError, TypeError):  # of another version
            continue
    return [
        Kind(
            what,
            where,
            len(those),
            datetime.fromtimestamp(float(str(those[0]["at"])), tz=UTC),
            str(those[0].get("process", "")),
            str(those[0].get("number", "")),
        )
        for (what, where), those in found.items()
    ]


def errors_kept() -> list[Kind] | None:
    """The errors of the last day by kind; None where Valkey does not answer."""
    client = valkey_client(SECONDS)
    try:
        with client:
            lines: list[bytes] = client.lrange(LIST, 0, KEPT - 1)  # type: ignore[assignment]
    except redis.RedisError:
        return None
    return kinds_of(lines, time.time())
