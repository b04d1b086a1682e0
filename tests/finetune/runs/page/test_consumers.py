"""The websocket of a run: everything once, in order, from the cursor that the browser names."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from finetune.runs.events import run_events_copy
from finetune.runs.models import Run
from finetune.runs.page import bell, feed
from finetune.runs.page.feed import RunFeed
from finetune.teams.models import Membership, Team, User
from finetune.teams.services import member_remove
from tests.finetune.runs.test_events import line
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

    async def closed(self):
        """The code with which it is closed; nothing may come before."""
        output = await self.socket.receive_output(5)
        assert output["type"] == "websocket.close", output
        return output["code"]

    async def close(self):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(5)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def cookie_of(client):
    return b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()


@pytest.fixture
def cookie(alice):
    return cookie_of(signed_in(alice))


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


@pytest.mark.parametrize("watches", ["from before", "from the end"])
async def test_the_last_event_brings_the_last_status(watches, run_made, cookie, monkeypatch):
    """A run ends between two reads of one look; nothing comes later to put the page right."""
    read = feed.run_events_after

    def ends_meanwhile(run, seq, limit):
        if events := read(run, seq, limit):
            Run.objects.filter(pk=run.pk).update(state="failed")
        return events

    page = await Page(run_made, cookie).open() if watches == "from before" else None
    if page is not None:
        await page.read_to(run_made.last_seq)
    monkeypatch.setattr(feed, "run_events_after", ends_meanwhile)
    run = await copy(run_made.pk, [line(1)])
    page = page or await Page(run, cookie).open()
    await page.read_to(run.last_seq)
    assert 'data-state="failed"' in page.status
    await page.close()


async def test_a_lost_bell_costs_only_seconds(run_made, cookie, monkeypatch):
    monkeypatch.setattr("finetune.runs.events.broker_answers", lambda: False)
    page = await Page(run_made, cookie).open()
    await page.read_to(run_made.last_seq)
    run = await copy(run_made.pk, [line(1)])
    assert (await page.read_to(run.last_seq))[-1] == run.last_seq
    await page.close()


@pytest.mark.parametrize(
    "after", ["-1", "x", "9" * 40, "", "²", "١", "+1", "%FF%C2%B2", "\x00", "%FF", "1_0"]
)
async def test_a_silly_cursor_means_from_the_start(after, run_made, cookie):
    page = await Page(run_made, cookie, after=after).open()
    assert (await page.read_to(run_made.last_seq))[0] == 1
    await page.close()


# -- who may go on watching ------------------------------------------------------------------------


def removed(client, user, run):
    member_remove(membership=Membership.objects.get(user=user, team=run.team))


def signed_out(client, user, run):
    client.post("/sign-out/")


def switched_off(client, user, run):
    User.objects.filter(pk=user.pk).update(is_active=False)


def password_changed(client, user, run):
    user.set_password("another-good-password-9")
    user.save()


def run_moved(client, user, run):
    Run.objects.filter(pk=run.pk).update(team=Team.objects.create(name="Else", slug="else"))


def run_deleted(client, user, run):
    Run.objects.filter(pk=run.pk).delete()


ENDS = [
    (removed, 4404),
    (signed_out, 4401),
    (switched_off, 4401),
    (password_changed, 4401),
    (run_moved, 4404),
    (run_deleted, 4404),
]


@pytest.mark.parametrize(("loses", "code"), ENDS)
async def test_nothing_is_sent_after_the_right_is_gone(loses, code, run_made, bob, alice):
    client = await sync_to_async(signed_in)(bob)
    page = await Page(run_made, cookie_of(client)).open()
    await page.read_to(run_made.last_seq)
    await sync_to_async(loses)(client, bob, run_made)
    if loses is not run_deleted:
        await copy(run_made.pk, [line(1)])
    assert await page.closed() == code
    await page.close()


@pytest.mark.parametrize(("loses", "code"), ENDS)
async def test_a_socket_ends_without_any_event(loses, code, run_made, bob, monkeypatch):
    monkeypatch.setattr(feed, "FALLBACK_SECONDS", 0.1)
    monkeypatch.setattr(bell, "FALLBACK_SECONDS", 0.1)
    client = await sync_to_async(signed_in)(bob)
    page = await Page(run_made, cookie_of(client)).open()
    await page.read_to(run_made.last_seq)
    await sync_to_async(loses)(client, bob, run_made)
    assert await page.closed() == code
    await page.close()


async def test_the_others_go_on(run_made, bob, cookie):
    client = await sync_to_async(signed_in)(bob)
    page = await Page(run_made, cookie).open()
    other = await Page(run_made, cookie_of(client)).open()
    for one in (page, other):
        await one.read_to(run_made.last_seq)
    await sync_to_async(removed)(client, bob, run_made)
    run = await copy(run_made.pk, [line(1)])
    assert await other.closed() == 4404
    assert (await page.read_to(run.last_seq))[-1] == run.last_seq
    await page.close()
    await other.close()
    assert run_made.pk not in RunFeed.open


# -- many watchers, long runs ----------------------------------------------------------------------


async def test_each_page_is_told_in_its_own_language(run_made, cookie):
    chinese = (cookie[0], cookie[1] + b"; wukong_language=zh-hans")
    first = await Page(run_made, chinese).open()
    await first.read_to(run_made.last_seq)
    second = await Page(run_made, cookie).open()
    await second.read_to(run_made.last_seq)
    run = await copy(run_made.pk, [line(n) for n in range(1, 30)])
    await first.read_to(run.last_seq)
    await second.read_to(run.last_seq)
    assert first.seqs == second.seqs
    assert "训练损失" in first.status
    assert "Train loss" in second.status
    await first.close()
    await second.close()


async def test_a_run_has_one_subscription_however_many_watch(run_made, cookie, monkeypatch):
    from channels.layers import get_channel_layer

    made = []
    layer = get_channel_layer()
    new_channel = layer.new_channel

    async def counted(*prefix):
        made.append(await new_channel(*prefix))
        return made[-1]

    monkeypatch.setattr(layer, "new_channel", counted)
    pages = [await Page(run_made, cookie).open() for _ in range(5)]
    for page in pages:
        await page.read_to(run_made.last_seq)
    run = await copy(run_made.pk, [line(1)])
    for page in pages:
        assert await page.read_to(run.last_seq) == list(range(1, run.last_seq + 1))
    assert len(made) == 1
    for page in pages:
        await page.close()


async def test_who_does_not_read_is_let_go_and_nobody_waits(run_made, cookie, monkeypatch):
    monkeypatch.setattr(feed, "QUEUED", 2)
    place = feed.Place(feed.Visitor(1, "", None), "en")
    readers = RunFeed(run_made)
    readers.watchers = {
        "slow": place,
        "fast": (fast := feed.Place(feed.Visitor(2, "", None), "en")),
    }
    for number in range(3):
        readers.hand_out(feed.Batch(number, number, {"en": "{}"}))
        while not fast.queue.empty():
            assert fast.queue.get_nowait().first == number
    assert list(readers.watchers) == ["fast"]
    assert place.queue.get_nowait() == 4408
    assert place.queue.empty()


async def test_a_page_far_behind_gets_the_outline_once_and_in_order(run_made, cookie, monkeypatch):
    monkeypatch.setattr(feed, "BEHIND", 50)
    monkeypatch.setattr("finetune.runs.page.curves.STEPS", 40)
    losses = {60: 9.0, 90: 0.5}
    lines = [
        line(n, step=n, total_steps=300, train_loss=losses.get(n, 3.0 + n % 7 / 10))
        for n in range(1, 301)
    ]
    run = await copy(run_made.pk, lines)
    page = await Page(run, cookie).open()
    seqs = await page.read_to(run.last_seq)
    assert seqs == sorted(set(seqs))
    assert len(seqs) < 60
    first = run.last_seq - 300
    assert {first + 60, first + 90, first + 1, run.last_seq} <= set(seqs)
    run = await copy(run_made.pk, [line(301)])
    assert (await page.read_to(run.last_seq))[-1] == run.last_seq
    await page.close()
