"""A double of the engine: a real HTTP server that says given texts token by token, and judges.

It speaks the protocol of `/v1/chat/completions` (streamed) and `/v1/judgements`. What it says to
the first request, the second and so on is a list of texts, one for each reply that is asked for;
the last one is said again. What it scores a sentence with is a table; what is not in it is safe.
"""

from __future__ import annotations

import json
import re
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], Sequence[str]]
SIGNS = re.compile(r"\s?[A-Za-z0-9']{1,5}|\s|.", re.DOTALL)


def tokens_of(text: str) -> list[str]:
    """A text in small pieces, as models write it."""
    return SIGNS.findall(text)


def signs_of(text: str) -> str:
    """Letters and digits alone: the gate has texts judged in a form of its own."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in plain if sign.isalnum())


class SpeakingEngine:
    """What is said and how it is judged; what was asked.

    Attributes:
        drafts: the texts of the first request, the second, …; the last one again after that.
        script: in its place, the texts for one request.
        unsafe: the class of each sentence that is not safe, without the blanks around it.
        judging: False, and `/v1/judgements` answers 503.
        judging_takes: seconds.
        dies_after: tokens after which the connection of a reply breaks.
        holds_at: token before which every reply waits for `gate`.
        pause: seconds between two tokens.
        finish: how replies end.
        requests: bodies of chat requests, in their order.
        judged: the texts of each request for judgements.
        closed: replies that the client did not wait for.
        late: judgements that it did not wait for.
    """

    def __init__(self) -> None:
        self.drafts: list[Sequence[str]] = [["I hear you. What happened then?"]]
        self.script: Script | None = None
        self.unsafe: dict[str, str] = {}
        self.judging = True
        self.judging_takes = 0.0
        self.dies_after: int | None = None
        self.holds_at: int | None = None
        self.gate = threading.Event()
        self.pause = 0.0
        self.finish = "stop"
        self.requests: list[dict[str, Any]] = []
        self.judged: list[list[str]] = []
        self.closed = 0
        self.late = 0
        self.url = ""

    def texts_for(self, body: dict[str, Any]) -> Sequence[str]:
        if self.script is not None:
            return self.script(body)
        return self.drafts[min(len(self.requests), len(self.drafts)) - 1]

    def scores(self, text: str) -> dict[str, float]:
        """By the sentence at the end: a short one is judged together with the one before it."""
        for sentence, held_class in self.unsafe.items():
            if signs_of(text).endswith(signs_of(sentence)):
                return {held_class: 0.999, "unsafe": 0.999}
        return {"unsafe": 0.0}

    def judgements(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"language": "en", "scores": self.scores(text)} for text in body["texts"]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: SpeakingEngine

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/judgements":
            self.judge(body)
        else:
            self.engine.requests.append(body)
            self.reply(body)

    def judge(self, body: dict[str, Any]) -> None:
        engine = self.engine
        if not engine.judging:
            error = {"message": "The judges are not loaded.", "code": "judges_away"}
            self.answer(503, {"error": error})
            return
        time.sleep(engine.judging_takes)
        engine.judged.append(body["texts"])
        try:
            self.answer(200, {"object": "list", "data": engine.judgements(body)})
        except ConnectionError:
            engine.late += 1

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def reply(self, body: dict[str, Any]) -> None:
        engine = self.engine
        texts = list(engine.texts_for(body))[: body.get("n") or 1]
        pieces = [tokens_of(text)[: body.get("max_tokens") or None] for text in texts]
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            for number in range(max(map(len, pieces))):
                if number == engine.holds_at:
                    engine.gate.wait(30)
                if number == engine.dies_after:
                    return
                for index, tokens in enumerate(pieces):
                    if number < len(tokens):
                        self.say(index, {"content": tokens[number]})
                time.sleep(engine.pause)
            for index, (text, tokens) in enumerate(zip(texts, pieces, strict=True)):
                whole = len(tokens) == len(tokens_of(text))
                self.say(index, {}, engine.finish if whole else "length")
            used = {"prompt_tokens": 9, "completion_tokens": sum(map(len, pieces))}
            self.event({"choices": [], "usage": used})
            self.wfile.write(b"data: [DONE]\n\n")
            self.wfile.flush()
        except ConnectionError:
            engine.closed += 1

    def say(self, index: int, delta: dict[str, str], finish: str | None = None) -> None:
        self.event({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})

    def event(self, body: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: what a double is asked, tests read from `requests`."""


@contextmanager
def speaking_engine(engine: SpeakingEngine | None = None) -> Iterator[SpeakingEngine]:
    """The double, or one of its kind, behind a free port, as long as the block lasts."""
    engine = engine or SpeakingEngine()
    handler = type("OwnHandler", (Handler,), {"engine": engine})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    engine.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield engine
    finally:
        engine.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
