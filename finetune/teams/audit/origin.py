"""Where what is done now comes from: who, by which door, from which address.

Services do not know requests. A middleware keeps the one that is answered in a context variable;
what is asked of it is asked when an entry is written, since a key is checked later than this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from finetune.teams.models import ApiKey, User

from .models import AuditEntry

Door = AuditEntry.Door
CURRENT: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)
ASKED_BY: ContextVar[User | None] = ContextVar("audited_person", default=None)  # of a command


@dataclass(frozen=True)
class Origin:
    """Who does something, and from where; empty where that is not known."""

    door: AuditEntry.Door
    person: User | None = None
    key_prefix: str = ""
    address: str = ""


class OriginMiddleware:
    """Remembers the request for as long as it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = CURRENT.set(request)
        try:
            return self.get_response(request)
        finally:
            CURRENT.reset(token)


@contextmanager
def asked_by(person: User) -> Iterator[None]:
    """What a command does here is done in this person's name."""
    token = ASKED_BY.set(person)
    try:
        yield
    finally:
        ASKED_BY.reset(token)


def origin_now() -> Origin:
    """The origin of what is done now; without a request it is a command or a worker."""
    request = CURRENT.get()
    if request is None:
        return Origin(Door.WORKER if in_worker() else Door.COMMAND, ASKED_BY.get())
    return origin_of(request)


def origin_of(request: HttpRequest) -> Origin:
    address = str(request.META.get("REMOTE_ADDR", ""))  # `wukongsite/http/proxies.py` resolved it
    key: Any = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return Origin(Door.API, key.user, key.prefix, address)
    user: Any = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    door = Door.CONSOLE if request.path_info.startswith("/admin/") else Door.PAGE
    return Origin(door, person, "", address)


def in_worker() -> bool:
    """Whether a task of Celery is at work here."""
    celery = sys.modules.get("celery")
    return bool(celery is not None and celery.current_task)
