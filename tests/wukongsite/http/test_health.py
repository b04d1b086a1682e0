"""`/health` tells each part's state, truly, and nothing about the machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client

from finetune import condition, queue
from tests.tiny_disk import fill, read_only, tiny_disk

pytestmark = pytest.mark.django_db(transaction=True)
ALL_READY = {"status": "ready", "database": "ready", "data": "ready", "broker": "ready"}


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    condition.remembered.forget()
    yield
    condition.remembered.forget()


def health() -> tuple[int, dict[str, Any]]:
    condition.remembered.forget()
    answer = Client().get("/health")
    assert answer["Cache-Control"].startswith("max-age=0")
    assert ("Retry-After" in answer) == (answer.status_code == 503)
    return answer.status_code, answer.json()


def test_everything_is_there():
    assert health() == (200, ALL_READY)


def test_it_names_no_process_path_or_version(settings):
    text = Client().get("/health").content.decode()
    assert str(os.getpid()) not in text
    assert str(settings.DATA_DIR) not in text
    assert set(Client().get("/health").json()) == set(ALL_READY)


@pytest.mark.sqlite
def test_a_database_that_something_holds():
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert health() == (503, {**ALL_READY, "status": "failing", "database": "database_locked"})
    finally:
        other.close()
    assert health() == (200, ALL_READY)
    with connection.cursor() as cursor:
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] == usual


@pytest.mark.sqlite
def test_a_database_that_is_full():
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA max_page_count = 1")
        try:
            assert health() == (503, {**ALL_READY, "status": "failing", "database": "disk_full"})
        finally:
            cursor.execute("PRAGMA max_page_count = 1000000")
    assert health() == (200, ALL_READY)


@pytest.mark.sqlite
def test_a_database_that_cannot_be_written():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = on")
        try:
            code, parts = health()
        finally:
            cursor.execute("PRAGMA query_only = off")
    assert (code, parts["database"]) == (503, "read_only")


def test_a_disk_that_fills_up(settings, tmp_path):
    settings.UPLOAD_MIN_FREE_MB = 24
    with tiny_disk(tmp_path / "data", 32) as folder:
        settings.DATA_DIR = folder
        assert health() == (200, ALL_READY)
        stuffing = fill(folder, leave=20 * 2**20)
        assert health() == (200, {**ALL_READY, "status": "degraded", "data": "nearly_full"})
        stuffing.unlink()
        stuffing = fill(folder)
        assert health() == (503, {**ALL_READY, "status": "failing", "data": "disk_full"})
        stuffing.unlink()
        assert health() == (200, ALL_READY)
        assert list(folder.iterdir()) == []


def test_a_disk_without_room_for_another_file(settings, tmp_path):
    with tiny_disk(tmp_path / "data", 32, inodes=8) as folder:
        settings.DATA_DIR = folder
        for number in range(7):  # the folder itself is the eighth
            (folder / str(number)).touch()
        assert health() == (503, {**ALL_READY, "status": "failing", "data": "disk_full"})
        (folder / "0").unlink()
        (folder / "1").unlink()
        assert health() == (200, ALL_READY)


def test_a_folder_that_cannot_be_written(settings, tmp_path):
    with tiny_disk(tmp_path / "data", 32) as folder:
        settings.DATA_DIR = folder
        with read_only(folder):
            assert health() == (503, {**ALL_READY, "status": "failing", "data": "read_only"})
        assert health() == (200, ALL_READY)


def test_a_folder_that_is_not_there(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "unmounted"
    assert health()[0] == 503


def test_a_broker_that_is_away_is_told_and_not_fatal(monkeypatch, tmp_path):
    away = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setattr(queue, "probe", lambda: away)
    assert health() == (200, {**ALL_READY, "status": "degraded", "broker": "away"})


def test_many_who_ask_make_one_probe(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(condition, "FRESH_SECONDS", 3600.0)
    monkeypatch.setattr(condition, "data_condition", lambda: asked.append(1) or "ready")
    for _ in range(20):
        Client().get("/health")
    assert len(asked) == 1
