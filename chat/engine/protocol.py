"""OpenAI's chat protocol as data: checks requests, shapes responses; no torch, no server."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from chat.engine.exceptions import RequestError
from chat.engine.options import Options
from finetune.text import TextRefused, json_object

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
NO_TOOLS = "this engine calls no tools; leave it out"
# Fields that we cannot honour: the values that ask nothing of us, and why any other is refused.
UNSUPPORTED: dict[str, tuple[tuple[Any, ...], str]] = {
    "audio": ((), "replies are text only; leave it out"),
    "frequency_penalty": ((0,), "only 0; repetition_penalty is what this engine has"),
    "function_call": (("none", "auto"), NO_TOOLS),
    "functions": (([],), NO_TOOLS),
    "logit_bias": (({},), "is not supported by this engine; leave it out"),
    "logprobs": ((False,), "log-probabilities are not given out; leave it out"),
    "modalities": ((["text"],), "replies are text only; leave it out"),
    "parallel_tool_calls": ((False,), NO_TOOLS),
    "prediction": ((), "is not supported by this engine; leave it out"),
    "presence_penalty": ((0,), "only 0; repetition_penalty is what this engine has"),
    "tool_choice": (("none", "auto"), NO_TOOLS),
    "tools": (([],), NO_TOOLS),
    "top_logprobs": ((0,), "log-probabilities are not given out; leave it out"),
    "web_search_options": ((), NO_TOOLS),
}
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
        return json_object(body)
    except TextRefused as error:
        raise RequestError(error.message, param=error.param or None, code=error.code) from None


def parse_chat(body: dict[str, Any], options: Options) -> ChatRequest:
    """Checks every field; unknown ones are ignored, known ones we cannot honour are refused."""
    for name, (harmless, reason) in UNSUPPORTED.items():
        if name in body and not _asks_nothing(body[name], harmless):
            raise _bad(name, reason, "unsupported_parameter")
    kind = body.get("response_format")
    if kind is not None and not (isinstance(kind, dict) and kind.get("type") == "text"):
        raise _bad("response_format", "only {'type': 'text'} is supported", "unsupported_parameter")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _bad("model", "the name of an assistant is required", "missing_required_parameter")
    stream_options = body.get("stream_options")
    if not isinstance(stream_options, dict | None):
        raise _bad("stream_options", "must be an object")
    newer = body.get("max_completion_tokens") is not None
    limit = "max_completion_tokens" if newer else "max_tokens"
    return ChatRequest(
        model=model,
        messages=_messages(body.get("messages")),
        stream=_flag(body, "stream"),
        include_usage=_flag(stream_options or {}, "include_usage"),
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


def seed_of(seed: int | None, index: int) -> int | None:
    """The seed of one of several replies: each has its own, and the first the one asked for.

    Counted round within 63 bits, so that the largest seed has a next one.
    """
    return None if seed is None else (seed + index) % 2**63


def _asks_nothing(value: Any, harmless: tuple[Any, ...]) -> bool:
    """Whether a value is null or one of these; false is not 0 here, though Python says so."""
    return value is None or any(
        value == known and isinstance(value, bool) == isinstance(known, bool) for known in harmless
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
        raise _bad(f"{where}.role", f"must be one of {', '.join(ROLES)}, not {role!r:.60}")
    content = item.get("content")
    if content is None and role == "assistant":
        content = ""
    if isinstance(content, list):
        content = "".join(
            _part(part, role, f"{where}.content[{index}]") for index, part in enumerate(content)
        )
    if not isinstance(content, str):
        raise _bad(f"{where}.content", "must be text or a list of text parts")
    for name in ("tool_calls", "function_call"):
        if item.get(name):
            raise _bad(f"{where}.{name}", NO_TOOLS, "unsupported_parameter")
    return {"role": ROLES[role], "content": content}


def _part(part: Any, role: str, where: str) -> str:
    """The text of one part of a message: of type text, or what an assistant refused with."""
    kinds = ("text", "refusal") if role == "assistant" else ("text",)
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in kinds:
        given = f"one of type {kind[:40]!r}" if isinstance(kind, str) else "one without a type"
        raise _bad(where, f"only parts of type text are supported, not {given}")
    if not isinstance(part.get(kind), str):
        raise _bad(f"{where}.{kind}", "must be text")
    return str(part[kind])


def _stops(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if (
        not isinstance(stops, list)
        or len(stops) > MOST_STOPS
        or not all(isinstance(stop, str) and 0 < len(stop) <= 200 for stop in stops)
    ):
        raise _bad("stop", f"up to {MOST_STOPS} texts of 1 to 200 characters")
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
