"""`/livez` asks nothing; `/readyz` says whether to send requests here."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from finetune import condition
from tests.wukongsite.metrics.test_page import ask
from wukongsite.http.probes import draining


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    condition.remembered.forget()
    yield
    condition.remembered.forget()
    draining.clear()


async def test_life_needs_no_database_and_no_host_name():
    """Without the mark for it, pytest-django lets no test touch the database."""
    status, text = await ask("/livez", peer="203.0.113.9")
    assert (status, json.loads(text)) == (200, {"status": "alive"})


@pytest.mark.django_db(transaction=True)
class TestReadiness:
    async def test_it_is_ready(self):
        assert await ask("/readyz") == (200, '{"status": "ready"}')

    async def test_not_while_it_drains_and_still_alive(self):
        draining.set()
        assert await ask("/readyz") == (503, '{"status": "draining"}')
        assert (await ask("/livez"))[0] == 200

    async def test_not_without_its_folder(self, settings, tmp_path):
        settings.DATA_DIR = tmp_path / "unmounted"
        assert await ask("/readyz") == (503, '{"status": "failing"}')

    async def test_still_without_its_broker(self, monkeypatch, tmp_path):
        import redis

        from finetune import queue

        away = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
        monkeypatch.setattr(queue, "probe", lambda: away)
        assert (await ask("/readyz"))[0] == 200
