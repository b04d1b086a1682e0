"""What the engine counts, for `/metrics` in Prometheus' text format; it needs the engine's key.

Counted on the event loop's side, at a reply's first piece and at its end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from chat.engine.replies import Engine

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
registry = CollectorRegistry()
ProcessCollector(registry=registry)
replies_total = Counter(
    "wukong_engine_replies",
    "Requests for replies, by how they ended: whole, left (the client went), failed.",
    ["outcome"],
    registry=registry,
)
tokens_total = Counter(
    "wukong_engine_tokens",
    "Tokens: read (of prompts), remembered (of prompts, not read again), written (of replies).",
    ["kind"],
    registry=registry,
)
first_token_seconds = Histogram(
    "wukong_engine_first_token_seconds",
    "From a request to the first text of its reply, waiting included.",
    buckets=SECONDS,
    registry=registry,
)
reply_seconds = Histogram(
    "wukong_engine_reply_seconds",
    "From a request to the end of its reply.",
    buckets=SECONDS,
    registry=registry,
)
for _outcome in ("whole", "left", "failed"):
    replies_total.labels(_outcome)
for _kind in ("read", "remembered", "written"):
    tokens_total.labels(_kind)


class ReplyClock:
    """One reply's times and tokens."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.spoke = False
        self.written: dict[int, int] = {}

    def piece(self, index: int, tokens: int) -> None:
        """A piece came; `tokens` is how many its choice has by now."""
        if not self.spoke:
            self.spoke = True
            first_token_seconds.observe(time.perf_counter() - self.began)
        self.written[index] = max(tokens, self.written.get(index, 0))

    def end(self, outcome: str, *, prompt: int, remembered: int) -> None:
        replies_total.labels(outcome).inc()
        reply_seconds.observe(time.perf_counter() - self.began)
        tokens_total.labels("written").inc(sum(self.written.values()))
        if self.spoke:  # else it may not have been read to its end
            tokens_total.labels("remembered").inc(remembered)
            tokens_total.labels("read").inc(prompt - remembered)


class EngineCollector(Collector):
    """What the engine holds now."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        counts = self.engine.scheduler.counts()
        for name, text, value in (
            ("ready", "Whether it has warmed up.", int(self.engine.ready)),
            ("assistants_loaded", "In memory.", len(self.engine.store.loaded_names())),
            ("replies_in_progress", "Being written.", counts["active"]),
            ("replies_waiting", "Waiting for their turn.", counts["waiting"]),
        ):
            yield GaugeMetricFamily(f"wukong_engine_{name}", text, value=value)


async def metrics(request: Request) -> Response:
    now = CollectorRegistry()
    now.register(EngineCollector(request.app.state.engine))
    text = generate_latest(registry) + generate_latest(now)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})
