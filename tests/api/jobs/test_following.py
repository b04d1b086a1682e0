"""A job's log as server-sent events: whole, once, in order, from any place, and to the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai
import pytest

from tests.api.conftest import BASE, Site

MADE = """
from finetune.models import User
from finetune.teams.keys.services import key_create
user = User.objects.get(username="alice")
print(key_create(team=user.teams.get(), user=user, name="short-lived")[1])
"""
REVOKED = """
from finetune.models import ApiKey
from finetune.teams.keys.services import key_revoke
key_revoke(key=ApiKey.objects.get(name="short-lived", revoked_at=None))
"""


@contextmanager
def following(
    site: Site, job: str, secret: str = "", headers: dict[str, str] | None = None, query: str = ""
) -> Iterator[httpx.Response]:
    headers = {"Authorization": f"Bearer {secret or site.key('alice')}", **(headers or {})}
    url = f"{site.url}/v1/fine_tuning/jobs/{job}/events/stream{query}"
    with (
        httpx.Client(trust_env=False, timeout=60) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        yield answer


def events_of(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Id and content of each event; the last one has no id."""
    assert answer.status_code == 200, answer.read()
    assert answer.headers["content-type"].startswith("text/event-stream")
    mark = ""
    for line in answer.iter_lines():
        if line.startswith("id: "):
            mark = line[4:]
        if line.startswith("data: "):
            content = line.removeprefix("data: ")
            yield mark, content if content == "[DONE]" else json.loads(content)
            mark = ""


def queued(client: openai.OpenAI, site: Site, seed: int) -> str:
    made = client.fine_tuning.jobs.create(
        model=BASE, training_file=site.seeded["file"], seed=seed, extra_body={"steps": 2}
    )
    return made.id


def test_the_whole_log_of_a_job_that_has_ended(site: Site, alice_client: openai.OpenAI) -> None:
    job = site.seeded["run"]
    with following(site, job) as answer:
        *events, (_, last) = events_of(answer)
    assert last == "[DONE]"
    listed = list(alice_client.fine_tuning.jobs.list_events(job))
    assert [mark for mark, _ in events] == [one.id for one in reversed(listed)]
    assert events[-1][1] == listed[0].model_dump() | {"data": listed[0].data}


@pytest.mark.parametrize("way", ["header", "query"])
def test_going_on_behind_the_last_event_seen(site: Site, way: str) -> None:
    job = site.seeded["run"]
    with following(site, job) as answer:
        *events, _ = events_of(answer)
    seen = events[5][0]
    headers = {"Last-Event-ID": seen} if way == "header" else {}
    query = f"?after={seen}" if way == "query" else ""
    with following(site, job, headers=headers, query=query) as answer:
        *rest, (_, last) = events_of(answer)
    assert (rest, last) == (events[6:], "[DONE]")


def test_the_official_client_follows(site: Site, alice_client: openai.OpenAI) -> None:
    path = f"/fine_tuning/jobs/{site.seeded['run']}/events/stream"
    stream = alice_client.get(path, cast_to=object, stream=True, stream_cls=openai.Stream[object])
    assert [one["data"]["event"] for one in stream][0] == "state"  # type: ignore[index]


def test_a_place_that_is_none_and_a_job_of_others(site: Site) -> None:
    job = site.seeded["run"]
    with following(site, job, query="?after=ftevent-other-1") as answer:
        assert answer.status_code == 400
        assert json.loads(answer.read())["error"]["param"] == "after"
    with following(site, job, secret=site.key("charlie")) as answer:
        assert answer.status_code == 404


def test_what_happens_is_told_at_once_until_the_end(
    site: Site, alice_client: openai.OpenAI
) -> None:
    job = queued(alice_client, site, seed=101)
    with following(site, job) as answer:
        events = events_of(answer)
        first = next(events)[1]
        assert first["data"]["state"] == "created"
        alice_client.fine_tuning.jobs.cancel(job)
        *_, (_, cancelled), (_, last) = events
    assert cancelled["data"]["state"] == "cancelled"
    assert last == "[DONE]"


def test_a_revoked_key_follows_no_longer(site: Site, alice_client: openai.OpenAI) -> None:
    job = queued(alice_client, site, seed=102)
    secret = site.python(MADE).strip()
    with following(site, job, secret=secret) as answer:
        events = events_of(answer)
        next(events)
        site.python(REVOKED)
        *_, (_, last) = events
    assert last["error"]["code"] == "not_found"
    alice_client.fine_tuning.jobs.cancel(job)
