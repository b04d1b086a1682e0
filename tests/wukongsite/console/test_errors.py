"""Errors of all processes on the console: kind, place and id; nothing of what was said."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse
from structlog.contextvars import bound_contextvars, clear_contextvars

from finetune.teams.models import User
from wukongsite.console import errors
from wukongsite.console.errors import A_DAY, KEPT, LIST, KeptErrors, errors_kept, kinds_of

SECRET = "what a person wrote"


@pytest.fixture
def logger(valkey: str) -> Any:
    """A logger with the handler alone, and an empty list."""
    redis.Redis.from_url(settings.VALKEY_URL).delete(LIST)
    clear_contextvars()  # a request of another test
    one = logging.Logger("wukongsite.tried")  # noqa: LOG001
    one.addHandler(KeptErrors())
    yield one
    redis.Redis.from_url(valkey).delete(LIST)


def fail(words: str) -> None:
    raise ValueError(words)


def failing(logger: logging.Logger) -> None:
    try:
        fail(SECRET)
    except ValueError:
        logger.exception("it failed: %s", SECRET)


def test_an_error_is_told_by_kind_and_place(logger: logging.Logger) -> None:
    with bound_contextvars(request_id="req_1"):
        failing(logger)
        failing(logger)
    logger.warning("no error")
    logger.error("without an exception: %s", SECRET)
    found = errors_kept()
    assert found is not None
    assert [(one.what, one.count, one.number) for one in found] == [
        ("wukongsite.tried", 1, ""),
        ("ValueError", 2, "req_1"),
    ]
    assert found[1].where.startswith("tests/wukongsite/console/test_errors.py:")
    kept = redis.Redis.from_url(settings.VALKEY_URL).lrange(LIST, 0, -1)
    assert SECRET not in str(kept)


def test_a_flood_is_cut_and_the_list_is_short(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(50):
        failing(logger)
    client = redis.Redis.from_url(settings.VALKEY_URL)
    assert client.llen(LIST) == errors.MOST_A_MINUTE
    monkeypatch.setattr(errors, "MOST_A_MINUTE", 2 * KEPT)
    for _ in range(KEPT):
        failing(logger)
    assert client.llen(LIST) == KEPT


def test_lines_of_yesterday_and_of_other_versions_are_left_out() -> None:
    line = {"at": 100.0, "what": "A", "where": "b.py:1", "process": "web", "number": "r"}
    lines = [json.dumps(line), "{broken", "3", "{}", json.dumps(line | {"at": 50.0})]
    assert [one.count for one in kinds_of(lines, 200.0)] == [2]
    assert kinds_of(lines, 101.0 + A_DAY) == []


def test_an_absent_valkey_costs_nothing(settings: Any, logger: logging.Logger) -> None:
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"
    failing(logger)
    assert errors_kept() is None


@pytest.mark.django_db
def test_the_console_shows_them(logger: logging.Logger) -> None:
    failing(logger)
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a-good-password-9"))
    page = client.get(reverse("admin:queue")).content.decode()
    assert "Errors in the last day (1 kind)" in page
    assert "ValueError" in page
    assert SECRET not in page
