"""The tests' own database, whichever it is: SQLite, or PostgreSQL by `make test-production`."""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit

import pytest

SITES = 7  # the databases of Valkey from here downwards are for sites that tests start


def is_postgresql() -> bool:
    from django.conf import settings

    return "postgresql" in settings.DATABASES["default"]["ENGINE"]


def database_url() -> str:
    """`DATABASE_URL` of the database that the tests of this process use."""
    from django.db import connection

    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    person = f"{quote(known['USER'], safe='')}:{quote(known['PASSWORD'], safe='')}"
    return f"postgresql://{person}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"


def site_services(name: str) -> dict[str, str]:
    """Variables for a site that a test starts: an empty database of its own on each server of
    `make test-production`; none where the tests have no servers.

    Args:
        name: tells the databases of one site from another's.
    """
    given = os.environ.get("WUKONG_TEST_DATABASE_URL")
    if not given:
        return {}
    import psycopg
    import redis
    from psycopg import sql

    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    database = sql.Identifier(f"wukong_{name}_{worker}")
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        server.execute(sql.SQL("CREATE DATABASE {}").format(database))
    number = f"{SITES - int(worker.removeprefix('gw'))}"
    valkey = os.environ["WUKONG_TEST_VALKEY_URL"]
    with redis.Redis.from_url(urlsplit(valkey)._replace(path=f"/{number}").geturl()) as client:
        client.flushdb()
    return {
        "WUKONG_TEST_DATABASE_URL": urlsplit(given)
        ._replace(path=f"/wukong_{name}_{worker}")
        .geturl(),
        "WUKONG_TEST_VALKEY_URL": valkey,
        "WUKONG_TEST_VALKEY_NUMBER": number,
    }


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is about the other kind of database."""
    other, reason = (
        ("sqlite", "about SQLite itself")
        if is_postgresql()
        else ("postgresql", "needs PostgreSQL: make test-production")
    )
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=reason))
