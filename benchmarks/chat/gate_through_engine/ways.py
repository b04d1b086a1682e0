"""The ways out of the site, each as its client: REST, server-sent events, page, sample replies."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.chat.studio import Studio
from chat.safety.fitting.cases import Case

from .saying import NEUTRAL, SayingEngine, reply_of
from .seeing import Seen, texts_in

HELLO = {"en": ("Hello.", "Hello, what is on your mind?"), "zh": ("你好。", "你好，想聊点什么？")}
SECONDS = 60
LOOKS = 20
TRIES = 5
SAMPLES = 8  # judged at once: the gate for samples has five seconds


@dataclass
class Clients:
    """What the ways share: the studio, the engine that speaks, a person who is signed in.

    Attributes:
        insists: whether a case is sent with harmless words where the library answers its own.
    """

    running: Studio
    engine: SayingEngine
    http: httpx.Client
    session: str
    token: str
    insists: bool

    @property
    def cookies(self) -> str:
        return f"sessionid={self.session}; csrftoken={self.token}"


Way = Callable[[Clients, Case, str, str], Seen]


@contextmanager
def clients(running: Studio, engine: SayingEngine, *, insists: bool) -> Iterator[Clients]:
    """Sign a person in, with consent given."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from chat.consent.services import consent_give
    from finetune.teams.models import User

    person = User.objects.get(username="alice")
    consent_give(user=person, language="en")
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    with running.http() as http:
        key, token = str(session.session_key), secrets.token_hex(16)
        yield Clients(running, engine, http, key, token, insists)


def asked_of(case: Case, *, neutral: bool) -> str:
    return NEUTRAL[case.language] if neutral or not case.asked else case.asked


def through(to: Clients, way: Way, case: Case, number: int) -> Seen:
    """Send one case; where the policy has the library answer, once more with harmless words."""
    user = f"{way.__name__}-{number}"
    seen = judged_in_time(to, way, case, asked_of(case, neutral=False), user)
    if not (seen.by_library and to.insists):
        return seen
    seen = judged_in_time(to, way, case, asked_of(case, neutral=True), f"{user}-neutral")
    if seen.by_library:
        raise SystemExit(f"The engine was not asked, whatever was written: {case}")
    seen.by_library = True
    return seen


def judged_in_time(to: Clients, way: Way, case: Case, asked: str, user: str) -> Seen:
    """What a client sees where the judge was not too slow."""
    to.engine.case = case
    for attempt in range(TRIES):
        late, before = to.engine.late, len(to.engine.requests)
        seen = way(to, case, asked, f"{user}-{attempt}")
        seen.by_library = len(to.engine.requests) == before
        if seen.by_library or to.engine.late == late:
            return seen
    raise SystemExit(f"The judge was too slow {TRIES} times: wait until the machine is free.")


def body_of(to: Clients, asked: str, user: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": asked}]
    return {"model": to.running.assistant.id, "messages": messages, "user": user}


def whole(to: Clients, case: Case, asked: str, user: str) -> Seen:
    """One answer of the API."""
    answer = to.http.post("/v1/chat/completions", json=body_of(to, asked, user))
    answer.raise_for_status()
    return Seen(case, asked, [*texts_in(answer.json())])


def events(to: Clients, case: Case, asked: str, user: str) -> Seen:
    """Server-sent events; also what their pieces are together."""
    frames, said = [], ""
    body = body_of(to, asked, user) | {"stream": True}
    with to.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            frames.append(line)
            if line.startswith("data: {"):
                told = json.loads(line[6:])
                frames += texts_in(told)
                said += "".join(c["delta"].get("content") or "" for c in told["choices"])
    return Seen(case, asked, [*frames, said])


def page(to: Clients, case: Case, asked: str, user: str) -> Seen:
    """A conversation that is open while the reply is written, and its page afterwards."""
    from chat.conversations import services
    from chat.policy.models import RiskState
    from finetune.teams.models import Team, User

    person, team = User.objects.get(username="alice"), Team.objects.get()
    RiskState.objects.filter(user=person).delete()  # each case is somebody else's
    hello, answer = HELLO[case.language]
    talk, replies = services.conversation_start(
        team=team, user=person, assistants=[to.running.assistant], text=hello
    )
    services.reply_finish(message_id=replies[0].pk, state="done", content=answer)
    address = f"/chat/{talk.public_id}/"
    headers = {"cookie": to.cookies, "x-csrftoken": to.token, "x-requested-with": "fetch"}
    with opened(to, f"/ws{address}") as socket:
        sent = to.http.post(
            f"{address}send/", data={"text": asked}, headers=headers, follow_redirects=False
        )
        sent.raise_for_status()
        frames = frames_of(socket)
    html = to.http.get(address, headers={"cookie": to.cookies})
    html.raise_for_status()
    return Seen(case, asked, [sent.text, *frames, html.text])


def opened(to: Clients, path: str) -> ClientConnection:
    """A websocket, as the page of the person who is signed in opens it."""
    return connect(
        f"ws://127.0.0.1:{to.running.port}{path}",
        origin=Origin(to.running.url),
        additional_headers={"Cookie": to.cookies},
        proxy=None,
    )


def frames_of(socket: ClientConnection) -> list[str]:
    """All frames until the reply to the second turn is written, and the pieces of text together."""
    frames: list[str] = []
    said, ended, busy = "", False, True
    until = time.monotonic() + SECONDS
    while not ended or busy:
        frame = socket.recv(timeout=max(0.1, until - time.monotonic()))
        message = json.loads(frame)
        frames += texts_in(message)
        if message["type"] == "text":
            said += message["text"]
        elif message["type"] == "turn" and message["turn"] == 2:
            ended = 'data-state="streaming"' not in message["html"]
        elif message["type"] == "state":
            busy = message["busy"]
    return [*frames, said]


def samples(to: Clients, found: list[Case]) -> list[Seen]:
    """Replies of a run to sample prompts: its page, its feed, and the API's list of events."""
    from finetune.runs.events import run_events_copy
    from finetune.runs.page.samples import WAITING

    seen = []
    for start in range(0, len(found), SAMPLES):
        own = found[start : start + SAMPLES]
        run = sample_run(to)
        lines = [
            sample_line(seq, reply_of(case), asked_of(case, neutral=False))
            for seq, case in enumerate(own, 1)
        ]
        run_events_copy(run.pk, lines)
        for _ in range(LOOKS):
            html = to.http.get(f"/runs/{run.public_id}/", headers={"cookie": to.cookies})
            html.raise_for_status()
            if str(WAITING) not in html.text:
                break
        else:
            raise SystemExit(f"Sample replies were not judged in {LOOKS} looks.")
        told = to.http.get(f"/v1/fine_tuning/jobs/{run.public_id}/events")
        told.raise_for_status()
        frames = [html.text, *texts_in(told.json()), *feed(to, run.public_id, len(own))]
        seen += together([Seen(case, asked_of(case, neutral=False), frames) for case in own])
    return seen


def together(own: list[Seen]) -> list[Seen]:
    """Cases that share their frames: what one of them shows is no fragment of another."""
    said = [text for one in own for text in (*one.shown(), one.case.before, one.asked)]
    for one in own:
        one.beside = said
    return own


def sample_run(to: Clients) -> Any:
    """A succeeded run without events."""
    from finetune.bases.models import BaseModel
    from finetune.datasets.models import Dataset
    from finetune.runs.models import Run
    from finetune.teams.models import Team, User
    from finetune.training.presets import PRESETS

    team = Team.objects.get()
    dataset, _ = Dataset.objects.get_or_create(team=team, name="Talks", filename="talks.jsonl")
    return Run.objects.create(
        team=team,
        created_by=User.objects.get(username="alice"),
        name="Samples",
        base=BaseModel.objects.get(),
        dataset=dataset,
        state=Run.State.SUCCEEDED,
        config=dict(PRESETS["quick"].values),
    )


def sample_line(seq: int, reply: str, asked: str) -> dict[str, Any]:
    data = {"step": 0, "index": seq, "prompt": asked, "reply": reply}
    head = {"seq": seq, "time": time.time(), "type": "sample", "level": "info"}
    return {**head, "message": "sample reply", "data": data}


def feed(to: Clients, public_id: str, most: int) -> list[str]:
    """The frames of a run's websocket from its first event on."""
    frames: list[str] = []
    last = 0
    with opened(to, f"/ws/runs/{public_id}/?after=0") as socket:
        while last < most:
            message = json.loads(socket.recv(timeout=SECONDS))
            frames += texts_in(message)
            last = max([last, *(event["seq"] for event in message.get("events", ()))])
    return frames
