"""A receiver of webhooks: a real HTTP server on loopback that keeps what came."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, and what is answered: statuses in turn, the last one for good."""

    url: str
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])
    drip: float = 0.0  # seconds in which the answer comes line by line and never ends
    location: str = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            told.came.append((self.path, headers, body))
            status = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            if told.drip:
                self.drip(time.monotonic() + told.drip)
                return
            self.send_response(status)
            if told.location:
                self.send_header("location", told.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def drip(self, end: float) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while time.monotonic() < end:
                try:
                    self.wfile.write(b"x-more: drops\r\n")
                except OSError:
                    return
                time.sleep(0.05)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
