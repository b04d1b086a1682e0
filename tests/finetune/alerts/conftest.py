"""A receiver of webhooks on loopback, and a webhook that leads to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from finetune.alerts.kinds import ALL
from finetune.alerts.models import Delivery, Webhook
from finetune.alerts.services import webhook_create


@dataclass
class Receiver:
    """What came, and what is answered: statuses in turn, the last one for good."""

    url: str
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])
    drip: float = 0.0  # seconds in which the answer comes byte by byte and never ends
    location: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            headers = {name.lower(): text for name, text in self.headers.items()}
            told.came.append((self.path, headers, body))
            if told.drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                end = time.monotonic() + told.drip
                while time.monotonic() < end:
                    try:
                        self.wfile.write(b"x-more: drops\r\n")
                    except OSError:
                        return
                    time.sleep(0.05)
                return
            self.send_response(status)
            if told.location:
                self.send_header("location", told.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def hooked(team: Any, alice: Any, receiver: Receiver, settings: Any) -> tuple[Webhook, str]:
    """A webhook of Alice's that is told everything, and its secret."""
    settings.WEBHOOK_PRIVATE_URLS = True
    return webhook_create(
        team=team, user=alice, name="job", url=f"{receiver.url}/hook?token=1", kinds=ALL
    )


@pytest.fixture
def deliver() -> Callable[[], None]:
    """What the worker does with all that is due."""
    from finetune.alerts.delivering import alert_deliver

    def carry() -> None:
        for delivery in Delivery.objects.filter(state=Delivery.State.WAITING):
            alert_deliver(delivery.pk)

    return carry
