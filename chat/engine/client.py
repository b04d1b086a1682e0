"""Asynchronous client of the engine for the Django side; needs httpx and nothing of the engine.

    client = EngineClient("http://127.0.0.1:8801")
    async with aclosing(client.stream_chat("base", messages)) as deltas:
        async for delta in deltas:
            ...

Closing the iterator closes the connection, and the engine stops within one token.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from chat.engine.exceptions import EngineError, EngineUnavailable

__all__ = ["Delta", "EngineClient", "EngineError", "EngineUnavailable", "Usage"]

Message = dict[str, str]

CONNECT_SECONDS = 2.0
JUDGE_SECONDS = 5.0
EMBEDDING_SECONDS = 300.0  # the most that one request may hold, on a slow machine
QUEUED = ": queued "  # a comment of our engine; another server sends none
SILENCE_SECONDS = 60.0  # the engine sends a comment every ten seconds at least


@dataclass(frozen=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Usage":
        details = body.get("prompt_tokens_details") or {}
        return cls(
            body["prompt_tokens"], body["completion_tokens"], details.get("cached_tokens") or 0
        )


@dataclass(frozen=True)
class Delta:
    """One step of a streamed reply, or of one of several; the last carry its end and the usage."""

    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    index: int = 0


class EngineClient:
    """Talks to one engine (or any server of the OpenAI protocol).

    `url` is `http://host:port` or `unix:///path/to/socket`. Each call opens its own connection,
    so that one client serves every event loop and thread.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        self.socket = url.removeprefix("unix://") if url.startswith("unix://") else None
        self.url = "http://engine" if self.socket else url.rstrip("/").removesuffix("/v1")
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def stream_chat(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        on_queue: Callable[[int], None] | None = None,
        **options: Any,
    ) -> AsyncIterator[Delta]:
        """Streams one reply, or `n`. While it waits, `on_queue` hears how many stand before it.

        `options` are fields of the request: temperature, top_p, top_k, max_tokens, stop, seed, n,
        repetition_penalty. Raises EngineUnavailable or EngineError, also in mid-stream.
        """
        body = _body(model, messages, options) | {
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        done = False
        try:
            async with (
                self._http() as http,
                http.stream("POST", "/v1/chat/completions", json=body) as response,
            ):
                if response.is_error:
                    await response.aread()
                    raise _error(response)
                async for line in response.aiter_lines():
                    if on_queue is not None and line.startswith(QUEUED):
                        on_queue(int(line.removeprefix(QUEUED)))
                    if not line.startswith("data:"):
                        continue
                    data = line.removeprefix("data:").strip()
                    if data == "[DONE]":
                        done = True
                        break
                    delta = _delta(json.loads(data))
                    if delta is not None:
                        yield delta
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if not done:
            raise EngineUnavailable(f"The engine at {self._where} ended the reply too early.")

    async def judge(self, kind: str, texts: Sequence[str]) -> list[dict[str, float]]:
        """The scores of each text; `kind` is person or reply. Empty for a language without a head.

        Raises EngineUnavailable or EngineError, the latter also where the engine has no encoder
        (503) or, being another's, no such route (404).
        """
        if not texts:
            return []
        try:
            async with self._http() as http:
                response = await http.post(
                    "/v1/judgements",
                    json={"kind": kind, "texts": list(texts)},
                    timeout=httpx.Timeout(JUDGE_SECONDS, connect=CONNECT_SECONDS),
                )
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.is_error:
            raise _error(response)
        return _scores(response, len(texts))

    async def embeddings(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request that `chat.engine.embedding.protocol` has checked.

        Raises EngineUnavailable or EngineError, the latter also where the engine has no encoder
        (503) or, being another's, no such route or model (404).
        """
        try:
            async with self._http() as http:
                response = await http.post(
                    "/v1/embeddings",
                    json=body,
                    timeout=httpx.Timeout(EMBEDDING_SECONDS, connect=CONNECT_SECONDS),
                )
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.is_error:
            raise _error(response)
        answer: dict[str, Any] = response.json()
        return answer

    async def health(self) -> dict[str, Any]:
        """`ready`, `loaded`, `memory_bytes`, `device`, `active`, `waiting`."""
        try:
            async with self._http() as http:
                timeout = httpx.Timeout(10, connect=CONNECT_SECONDS)
                response = await http.get("/health", timeout=timeout)
        except httpx.HTTPError as error:
            raise self._unavailable(error) from error
        if response.is_error:
            raise _error(response)
        body: dict[str, Any] = response.json()
        return body

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            headers=self.headers,
            transport=httpx.AsyncHTTPTransport(uds=self.socket) if self.socket else None,
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,  # no proxy between site and engine
            # Building a TLS context takes 20 ms; plain HTTP needs none.
            verify=self.url.startswith("https:"),
        )

    @property
    def _where(self) -> str:
        return self.socket or self.url

    def _unavailable(self, error: httpx.HTTPError) -> EngineUnavailable:
        reason = str(error) or type(error).__name__
        return EngineUnavailable(f"The engine at {self._where} cannot be reached: {reason}")


def _body(model: str, messages: Sequence[Message], options: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    return {"model": model, "messages": list(messages), **given}


def _delta(body: dict[str, Any]) -> Delta | None:
    if "error" in body:
        raise EngineError(500, body["error"].get("code"), str(body["error"].get("message")))
    used = Usage.of(body["usage"]) if body.get("usage") else None
    choice = body["choices"][0] if body.get("choices") else {}
    text = choice.get("delta", {}).get("content") or ""
    reason = choice.get("finish_reason")
    if not (text or reason or used):
        return None
    return Delta(text, reason, used, choice.get("index") or 0)


def _scores(response: httpx.Response, number: int) -> list[dict[str, float]]:
    try:
        scores: list[dict[str, float]] = [dict(one["scores"]) for one in response.json()["data"]]
    except (ValueError, KeyError, TypeError):
        scores = []
    if len(scores) != number:
        raise EngineError(502, "invalid_judgements", "The answer is no list of scores.")
    return scores


def _error(response: httpx.Response) -> EngineError:
    try:
        error = response.json()["error"]
        return EngineError(response.status_code, error.get("code"), str(error["message"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return EngineError(response.status_code, None, response.text[:500])
