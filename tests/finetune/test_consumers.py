"""The websocket of a run: everything once, in order, from the cursor that the browser names."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from finetune.feed import RunFeed
from finetune.services.events import run_events_copy
from tests.finetune.services.test_events import line
from wukongsite.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)


class Page:
    """A browser's end of the websocket."""

    def __init__(self, run, cookie, after=0):
        scope = {
            "type": "websocket",
            "path": f"/ws/runs/{run.public_id}/",
            "query_string": f"after={after}".encode(),
            "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost"), cookie],
        }
        self.socket = ApplicationCommunicator(application, scope)
        self.seqs = []
        self.status = ""

    async def open(self):
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output(5))["type"] == "websocket.accept"
        return self

    async def read_to(self, seq):
        while not self.seqs or self.seqs[-1] < seq:
            output = await self.socket.receive_output(5)
            message = json.loads(output["text"])
            self.seqs += [event["seq"] for event in message["events"]]
            self.status = message["status"]
        return self.seqs

    async def close(self):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(5)


@pytest.fixture
def cookie(alice):
    client = Client()
    client.force_login(alice)
    return b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()


copy = sync_to_async(run_events_copy)


async def test_history_then_live_events_each_once(run_made, cookie):
    run = await copy(run_made.pk, [line(1), line(2)])
    page = await Page(run, cookie).open()
    await page.read_to(run.last_seq)
    run = await copy(run_made.pk, [line(3)])
    run = await copy(run_made.pk, [line(3), line(4)])
    assert await page.read_to(run.last_seq) == list(range(1, run.last_seq + 1))
    assert 'id="run-status"' in page.status
    await page.close()


async def test_a_page_that_comes_back_gets_only_what_it_missed(run_made, cookie):
    run = await copy(run_made.pk, [line(1), line(2), line(3)])
    page = await Page(run, cookie, after=run.last_seq - 1).open()
    assert await page.read_to(run.last_seq) == [run.last_seq]
    await page.close()


async def test_two_pages_share_one_reader_and_see_the_same(run_made, cookie):
    first = await Page(run_made, cookie).open()
    await first.read_to(run_made.last_seq)
    second = await Page(run_made, cookie).open()
    await second.read_to(run_made.last_seq)
    assert len(RunFeed.open[run_made.pk].watchers) == 2
    run = await copy(run_made.pk, [line(n) for n in range(1, 30)])
    assert await first.read_to(run.last_seq) == await second.read_to(run.last_seq)
    await first.close()
    await second.close()
    assert run_made.pk not in RunFeed.open


async def test_a_lost_bell_costs_only_seconds(run_made, cookie, monkeypatch):
    monkeypatch.setattr("finetune.services.events.broker_answers", lambda: False)
    page = await Page(run_made, cookie).open()
    await page.read_to(run_made.last_seq)
    run = await copy(run_made.pk, [line(1)])
    assert (await page.read_to(run.last_seq))[-1] == run.last_seq
    await page.close()


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, "", "²", "١", "+1", "%FF%C2%B2", "\x00"])
async def test_a_silly_cursor_means_from_the_start(after, run_made, cookie):
    page = await Page(run_made, cookie, after=after).open()
    assert (await page.read_to(run_made.last_seq))[0] == 1
    await page.close()
