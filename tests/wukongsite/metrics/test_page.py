"""`/metrics`: closed by default, and what Prometheus itself reads on it."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from prometheus_client.parser import text_string_to_metric_families

from finetune.runs.models import Run
from wukongsite.asgi import application

TOKEN = "a-long-word"


async def ask(
    path: str = "/metrics", peer: str = "127.0.0.1", method: str = "GET", **headers: str
) -> tuple[int, str]:
    """A request through the whole site, by an address that is no host name of ours."""
    lines = [(b"host", b"10.1.2.3:8000")]
    lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": lines, "client": (peer, 1234), "scheme": "http",
        "http_version": "1.1", "server": ("10.1.2.3", 8000),
    }  # fmt: skip
    site = ApplicationCommunicator(application, scope)
    await site.send_input({"type": "http.request", "body": b""})
    start = await site.receive_output(60)
    body = await site.receive_output(60)
    await site.wait(60)
    return start["status"], body["body"].decode()


def read(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name and labels, as Prometheus' own parser reads them."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type != "unknown"
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {}), sample
            found[sample.name][labels] = sample.value
    return found


@pytest.fixture
def is_open(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


async def scraped() -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    status, text = await ask(peer="203.0.113.9", authorization=f"Bearer {TOKEN}")
    assert status == 200
    return read(text)


@pytest.mark.django_db
class TestTheDoor:
    async def test_it_is_closed_by_default(self, settings):
        assert (settings.METRICS_TOKEN, settings.METRICS_LOOPBACK) == ("", False)
        settings.ALLOWED_HOSTS = ["*"]
        assert (await ask())[0] == 404

    @pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer", TOKEN])
    async def test_a_token_is_asked_for(self, is_open, given):
        status, text = await ask(authorization=given)
        assert status == 401
        assert "wukong_" not in text

    async def test_this_machine_may_where_it_is_let(self, settings):
        settings.METRICS_LOOPBACK = True
        assert (await ask())[0] == 200
        assert (await ask(peer="::1"))[0] == 200
        assert (await ask(peer="192.168.0.2"))[0] == 401
        # A proxy on this machine that asks for somebody else.
        assert (await ask(x_forwarded_for="203.0.113.9"))[0] == 401
        assert (await ask(forwarded="for=203.0.113.9"))[0] == 401


@pytest.mark.django_db(transaction=True)
class TestThePage:
    async def test_requests_by_route_and_never_by_address(self, is_open, settings):
        settings.ALLOWED_HOSTS = ["*"]
        before = await scraped()
        key = (("method", "GET"), ("route", "/runs/<str:public_id>/"), ("status", "302"))
        assert (await ask("/runs/run_secret/"))[0] == 302  # to the sign-in
        assert (await ask("/no/such/page"))[0] == 404
        assert (await ask("/no/such/page", method="BREW"))[0] == 404
        after = await scraped()
        total = "wukong_http_requests_total"
        assert after[total][key] == before[total].get(key, 0) + 1
        seconds = after["wukong_http_response_start_seconds_count"]
        assert seconds[key[:2]] >= 1
        methods = {dict(labels)["method"] for labels in after[total]}
        assert "other" in methods
        assert "BREW" not in methods
        text = (await ask(authorization=f"Bearer {TOKEN}"))[1]
        assert "run_secret" not in text
        assert "/no/such" not in text

    async def test_websockets_that_are_open(self, is_open):
        name = "wukong_websocket_connections"
        before = (await scraped())[name][()]
        scope = {
            "type": "websocket", "path": "/ws/runs/none/", "query_string": b"", "scheme": "ws",
            "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")],
            "client": ("127.0.0.1", 1234), "subprotocols": [],
        }  # fmt: skip
        page = ApplicationCommunicator(application, scope)
        await page.send_input({"type": "websocket.connect"})
        assert (await page.receive_output(60))["type"] == "websocket.accept"
        assert (await scraped())[name][()] == before + 1
        await page.send_input({"type": "websocket.disconnect", "code": 1001})
        await page.wait(60)
        assert (await scraped())[name][()] == before

    async def test_what_the_site_stands_at(self, is_open, run_made):
        found = await scraped()
        runs = {dict(labels)["state"]: value for labels, value in found["wukong_runs"].items()}
        assert runs == dict.fromkeys(Run.State.values, 0) | {"queued": 1}
        assert found["wukong_queue_waiting"][(("queue", "train"),)] == 1
        assert found["wukong_queue_oldest_wait_seconds"][(("queue", "train"),)] > 0
        assert found["wukong_queue_oldest_wait_seconds"][(("queue", "exports"),)] == 0
        assert found["wukong_queue_messages"][(("queue", "train"),)] == 1
        assert found["wukong_part_up"] == {
            (("part", name),): 1 for name in ("database", "data", "broker")
        }
        assert set(found["wukong_worker_expected"]) >= {(("worker", "train"),)}
        assert found["wukong_disk_free_bytes"][()] > 0
        assert found["wukong_engine_up"][()] == 0  # no engine runs beside these tests
        assert set(found["wukong_scrape_part_failed"].values()) == {0}

    async def test_a_worker_is_told_with_its_last_word(self, is_open, settings, tmp_path):
        settings.DATA_DIR = tmp_path
        (tmp_path / "workers").mkdir()
        sign = '{"pid": 1, "heard": 1700000000.0, "busy": [["run_execute", 1700000000.0]]}'
        (tmp_path / "workers" / "train@host.json").write_text(sign)
        found = await scraped()
        labels = (("worker", "train"),)
        assert found["wukong_worker_heard_timestamp_seconds"][labels] == 1_700_000_000
        assert found["wukong_worker_tasks_in_progress"][labels] == 1
        assert found["wukong_worker_longest_task_seconds"][labels] > 0

    async def test_a_part_that_cannot_be_asked_costs_the_others_nothing(
        self, is_open, settings, tmp_path
    ):
        settings.DATA_DIR = tmp_path / "unmounted"
        found = await scraped()
        failed = {name for ((_, name),) in map(tuple, failing(found))}
        assert failed == {"disk"}
        assert "wukong_runs" in found

    async def test_errors_of_the_log_are_counted(self, is_open):
        import logging

        name, labels = "wukong_log_records_total", (("level", "error"),)
        before = (await scraped())[name][labels]
        for handler in logging.getLogger().handlers:
            handler.filter(logging.makeLogRecord({"levelno": 40, "levelname": "ERROR"}))
        logging.getLogger("wukongsite.tests").info("no fault")
        assert (await scraped())[name][labels] == before + 1


def failing(found: dict[str, dict[tuple[tuple[str, str], ...], float]]) -> list[Any]:
    return [labels for labels, value in found["wukong_scrape_part_failed"].items() if value]
