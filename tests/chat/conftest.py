"""A scripted engine: speaks the protocol, says what a test tells it to say, when it says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest


class ScriptedEngine:
    """An HTTP server in the test's loop. `pieces` is one reply; `gate` holds it at `hold`."""

    def __init__(self) -> None:
        self.pieces = ["I hear you. Th", "at ", "sounds hard."]
        self.finish = "stop"
        self.hold: int | None = None
        self.gate = asyncio.Event()
        self.errors: list[tuple[int, str, str]] = []
        self.break_after: int | None = None
        self.drops = 0  # requests that end without an answer, as when the engine dies
        self.queued: list[int] = []  # places in the queue that are told before the reply
        self.seen = asyncio.Semaphore(0)  # released by a test that has seen one of them
        self.requests: list[dict[str, Any]] = []
        self.closed = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("GET /health "):
                body = b'{"ready": true}'
                writer.write(
                    f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
                )
                return
            length = next(
                int(line.split(":")[1])
                for line in head.split("\r\n")
                if line.lower().startswith("content-length")
            )
            asked = json.loads(await reader.readexactly(length))
            if head.startswith("POST /v1/judgements "):
                self.judge(writer, asked)
                return
            self.requests.append(asked)
            if self.drops:
                self.drops -= 1
                return
            if self.errors:
                status, code, message = self.errors.pop(0)
                body = json.dumps({"error": {"message": message, "code": code}}).encode()
                writer.write(
                    f"HTTP/1.1 {status} No\r\ncontent-length: {len(body)}\r\n\r\n".encode()
                )
                writer.write(body)
                return
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
            writer.write(b"connection: close\r\n\r\n")
            for ahead in self.queued:
                writer.write(f": queued {ahead}\n\n".encode())
                await writer.drain()
                await asyncio.wait_for(self.seen.acquire(), 8)
            for number, piece in enumerate(self.pieces):
                if number == self.hold:
                    await self.gate.wait()
                if number == self.break_after:
                    return
                self.say(writer, {"delta": {"content": piece}, "finish_reason": None})
                await writer.drain()
            self.say(writer, {"delta": {}, "finish_reason": self.finish})
            usage = {"prompt_tokens": 9, "completion_tokens": 3}
            writer.write(f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode())
            writer.write(b"data: [DONE]\n\n")
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            self.closed += 1
        finally:
            writer.close()

    @staticmethod
    def judge(writer: asyncio.StreamWriter, asked: dict[str, Any]) -> None:
        """Nothing that this engine says is unsafe, and nothing that people say is."""
        data = [{"language": "en", "scores": {"unsafe": 0.0}} for _ in asked["texts"]]
        body = json.dumps({"object": "list", "data": data}).encode()
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n".encode())
        writer.write(b"connection: close\r\n\r\n" + body)

    @staticmethod
    def say(writer: asyncio.StreamWriter, choice: dict[str, Any]) -> None:
        writer.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())


@pytest.fixture
async def engine(settings: Any) -> AsyncIterator[ScriptedEngine]:
    made = ScriptedEngine()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings.ENGINE_URL = settings.JUDGE_URL = made.url
    yield made
    made.gate.set()
    server.close()
    await asyncio.sleep(0.05)


@pytest.fixture
def tuned(team: Any, alice: Any, base: Any) -> Any:
    """The assistant of a succeeded run."""
    from finetune.datasets.models import Dataset
    from finetune.runs.assistants import assistant_of_run
    from finetune.runs.models import Run

    dataset = Dataset.objects.create(team=team, name="Talks", filename="talks.jsonl")
    run = Run.objects.create(
        team=team,
        created_by=alice,
        name="Gentle run",
        base=base,
        dataset=dataset,
        state=Run.State.SUCCEEDED,
        config={"system_prompt": "Be gentle.", "suffix": "gentle"},
    )
    return assistant_of_run(run)


@pytest.fixture
def quantum(team: Any, alice: Any, tuned: Any) -> Any:
    """The assistant of another run on the same data."""
    from finetune.runs.assistants import assistant_of_run
    from finetune.runs.models import Run

    run = Run.objects.create(
        team=team,
        created_by=alice,
        name="Quantum run",
        base=tuned.base,
        dataset=tuned.run.dataset,
        state=Run.State.SUCCEEDED,
        config={"system_prompt": "Be calm.", "suffix": "quantum"},
    )
    return assistant_of_run(run)


@pytest.fixture
def plain(base: Any) -> Any:
    from finetune.runs.assistants import assistant_of_base

    return assistant_of_base(base)


@pytest.fixture
def talk(team: Any, alice: Any, tuned: Any) -> Any:
    """A conversation of Alice's with one finished turn."""
    from chat.conversations import services

    conversation, replies = services.conversation_start(
        team=team, user=alice, assistants=[tuned], text="I keep waking up at 4am."
    )
    services.reply_finish(message_id=replies[0].pk, state="done", content="What wakes you?")
    conversation.refresh_from_db()
    return conversation


@pytest.fixture
def long_talk(talk: Any) -> Any:
    """A hundred turns of the talk."""
    from chat.conversations.models import Message

    rows = [
        Message(conversation=talk, turn=turn, role=role, side=side, content=f"{role} {turn}.")
        for turn in range(2, 101)
        for role, side in (("user", ""), ("assistant", "a"))
    ]
    Message.objects.bulk_create(rows)
    return talk
