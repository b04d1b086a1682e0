"""OpenAI's chat protocol as data: checks requests, shapes responses; no torch, no server."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from chat.engine.exceptions import RequestError
from chat.engine.options import Options

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
UNSUPPORTED = (
    "audio",
    "frequency_penalty",
    "functions",
    "logit_bias",
    "logprobs",
    "prediction",
    "presence_penalty",
    "tools",
    "top_logprobs",
)
MOST_CHOICES = 4
MOST_STOPS = 4


@dataclass(frozen=True)
class ChatRequest:
    """A checked request body."""

    model: str
    messages: list[dict[str, str]]
    stream: bool
    include_usage: bool
    n: int
    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    seed: int | None
    stop: tuple[str, ...]


def parse_json(body: bytes) -> dict[str, Any]:
    """Reads a request body; raises a RequestError that says what is wrong with it."""
    try:
        content = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise RequestError("The body is nested too deeply.", code="invalid_json") from None
    except ValueError as error:
        raise RequestError(f"The body is not valid JSON: {error}", code="invalid_json") from None
    if not isinstance(content, dict):
        raise RequestError("The body must be a JSON object.", code="invalid_json")
    return content


def parse_chat(body: dict[str, Any], options: Options) -> ChatRequest:
    """Checks every field; unknown ones are ignored, known ones we cannot honour are refused."""
    for name in UNSUPPORTED:
        if body.get(name):
            raise _bad(name, f"{name} is not supported by this engine", "unsupported_parameter")
    kind = body.get("response_format")
    if kind and not (isinstance(kind, dict) and kind.get("type") == "text"):
        raise _bad("response_format", "only {'type': 'text'} is supported", "unsupported_parameter")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _bad("model", "the name of an assistant is required", "missing_required_parameter")
    stream_options = body.get("stream_options") or {}
    if not isinstance(stream_options, dict):
        raise _bad("stream_options", "must be an object")
    limit = "max_completion_tokens" if body.get("max_completion_tokens") else "max_tokens"
    return ChatRequest(
        model=model,
        messages=_messages(body.get("messages")),
        stream=_flag(body, "stream"),
        include_usage=_flag(stream_options, "include_usage"),
        n=int(_number(body, "n", 1, 1, MOST_CHOICES, whole=True)),
        max_tokens=int(_number(body, limit, options.max_tokens, 1, 2**31, whole=True)),
        temperature=_number(body, "temperature", options.temperature, 0, 2),
        top_p=_number(body, "top_p", options.top_p, 1e-6, 1),
        top_k=int(_number(body, "top_k", options.top_k, 0, 2**31, whole=True)),
        repetition_penalty=_number(body, "repetition_penalty", options.repetition_penalty, 0.1, 10),
        seed=(
            int(_number(body, "seed", 0, -(2**63), 2**63 - 1, whole=True))
            if body.get("seed") is not None
            else None
        ),
        stop=_stops(body.get("stop")),
    )


def _messages(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise _bad("messages", "a list with at least one message is required")
    return [_message(item, f"messages[{index}]") for index, item in enumerate(value)]


def _message(item: Any, where: str) -> dict[str, str]:
    if not isinstance(item, dict):
        raise _bad(where, "must be an object with role and content")
    role = item.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise _bad(f"{where}.role", f"must be one of {', '.join(ROLES)}, not {role!r}")
    content = item.get("content")
    if content is None and role == "assistant":
        content = ""
    if isinstance(content, list):
        parts = []
        for index, part in enumerate(content):
            if not isinstance(part, dict) or not isinstance(part.get("text"), str):
                raise _bad(f"{where}.content[{index}]", "only parts of type text are supported")
            parts.append(part["text"])
        content = "".join(parts)
    if not isinstance(content, str):
        raise _bad(f"{where}.content", "must be text or a list of text parts")
    _check_unicode(content, f"{where}.content")
    return {"role": ROLES[role], "content": content}


def _stops(value: Any) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else value or []
    if (
        not isinstance(stops, list)
        or len(stops) > MOST_STOPS
        or not all(isinstance(stop, str) and 0 < len(stop) <= 200 for stop in stops)
    ):
        raise _bad("stop", f"up to {MOST_STOPS} texts of 1 to 200 characters")
    for stop in stops:
        _check_unicode(stop, "stop")
    return tuple(stops)


def _number(
    body: dict[str, Any],
    name: str,
    default: float,
    low: float,
    high: float,
    *,
    whole: bool = False,
) -> float:
    value = body.get(name)
    if value is None:
        return default
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not fits or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise _bad(name, f"must be {kind} from {low} to {high}, not {str(value)[:50]}")
    return value if whole else float(value)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _bad(name, "must be true or false")
    return bool(value)


def _check_unicode(text: str, where: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _bad(where, "contains half of a surrogate pair, which is not text") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _bad(param: str, reason: str, code: str = "invalid_value") -> RequestError:
    return RequestError(f"{param}: {reason}.", param=param, code=code)


class ChatResponse:
    """Shapes one reply's chunks or its whole body; all share an id and a time."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.id = f"chatcmpl-{uuid.uuid4().hex}"
        self.created = int(time.time())

    def chunk(self, index: int, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = self._head("chat.completion.chunk") | {"choices": [choice]}
        return body | {"usage": None} if self.request.include_usage else body

    def usage_chunk(self, usage: dict[str, Any]) -> dict[str, Any]:
        return self._head("chat.completion.chunk") | {"choices": [], "usage": usage}

    def whole(self, texts: list[str], ends: list[str], usage: dict[str, Any]) -> dict[str, Any]:
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": end,
            }
            for index, (text, end) in enumerate(zip(texts, ends, strict=True))
        ]
        return self._head("chat.completion") | {"choices": choices, "usage": usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.request.model,
            "system_fingerprint": None,
        }


def usage(prompt: int, cached: int, completion: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
