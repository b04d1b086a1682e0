"""OpenAI's chat protocol as data: what a request may hold, how a response is shaped.

The one definition for the engine, for the REST endpoint and for its documentation; no torch, no
server, no Django.
"""

import json
import time
import uuid
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic import ValidationInfo as Info
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from chat.engine.exceptions import RequestError
from chat.engine.options import Options
from finetune.text import TextRefused, json_object

Role = Literal["system", "developer", "user", "assistant"]
NO_TOOLS = "this engine calls no tools; leave it out"
UNSUPPORTED_CODE = "unsupported_parameter"
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
    "response_format": (({"type": "text"},), "only {'type': 'text'} is supported"),
    "tool_choice": (("none", "auto"), NO_TOOLS),
    "tools": (([],), NO_TOOLS),
    "top_logprobs": ((0,), "log-probabilities are not given out; leave it out"),
    "web_search_options": ((), NO_TOOLS),
}
MOST_CHOICES = 4
MOST_STOPS = 4
LONGEST_STOP = 200
# What a field has to be; of a number its limits say it, of a flag its type.
WORDS = {
    "model": "the name of an assistant is required",
    "messages": "a list with at least one message is required",
    "content": "must be text or a list of text parts",
    "stop": f"up to {MOST_STOPS} texts of 1 to {LONGEST_STOP} characters",
    "stream_options": "must be an object",
    "stream": "must be true or false",
    "continue_final_message": "must be true or false",
    "include_usage": "must be true or false",
}


class Part(BaseModel):
    """One part of a message's content."""

    type: Literal["text", "refusal"] = Field(description="`refusal`: of an assistant.")
    text: str = ""
    refusal: str = ""


def _text(content: Any, info: Info) -> Any:
    """The text of a message; an assistant's may be missing, where it only called tools."""
    role = info.data.get("role")
    if content is None and role == "assistant":
        return ""
    if isinstance(content, list):
        return "".join(_part(part, role, f"[{index}]") for index, part in enumerate(content))
    return content


def _part(part: Any, role: str | None, way: str) -> str:
    """The text of one part of a message: of type text, or what an assistant refused with."""
    kind = part.get("type") if isinstance(part, dict) else None
    reason = ""
    if kind not in (("text", "refusal") if role == "assistant" else ("text",)):
        given = f"one of type {kind[:40]!r}" if isinstance(kind, str) else "one without a type"
        reason = f"only parts of type text are supported, not {given}"
    elif not isinstance(part.get(kind), str):
        way, reason = f"{way}.{kind}", "must be text"
    if reason:
        raise PydanticCustomError("part", "{reason}", {"way": way, "reason": reason})
    return str(part[kind])


def _no_tools(value: Any) -> Any:
    if value:
        raise PydanticCustomError(UNSUPPORTED_CODE, NO_TOOLS)
    return value


NoTools = Annotated[SkipJsonSchema[Any], AfterValidator(_no_tools)]
Stop = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]
Stops = Annotated[list[Stop], Field(max_length=MOST_STOPS)]


class ChatMessage(BaseModel):
    """One message of a request; its parts are put together to one text."""

    model_config = ConfigDict(strict=True, frozen=True)

    role: Role
    content: Annotated[
        str, BeforeValidator(_text, json_schema_input_type=str | list[Part] | None)
    ] = Field(None, validate_default=True)
    tool_calls: NoTools = None
    function_call: NoTools = None

    def plain(self) -> dict[str, str]:
        """As chat templates take it, which know no developers."""
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": self.content}


class StreamOptions(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    include_usage: bool | None = None


def _number(default: Any, low: float, high: float, description: str) -> Any:
    return Field(default, ge=low, le=high, description=description)


class ChatRequest(BaseModel):
    """A request for one reply or several; a field that is null is as if it were left out."""

    model_config = ConfigDict(strict=True, frozen=True)

    model: str = Field(min_length=1, description="An id from `/v1/models`, or a checkpoint's.")
    messages: list[ChatMessage] = Field(
        min_length=1, description="The conversation, oldest first: `role` and `content`."
    )
    stream: bool = Field(False, description="Send the reply piece by piece.")
    stream_options: StreamOptions = Field(
        StreamOptions(), description="`include_usage`: a last chunk with the counts."
    )
    n: int = _number(1, 1, MOST_CHOICES, "Replies to the same messages.")
    max_completion_tokens: int | None = _number(None, 1, 2**31, "Longest reply in tokens.")
    max_tokens: int = _number(Options.max_tokens, 1, 2**31, "The older name of the same.")
    temperature: float = _number(Options.temperature, 0, 2, "0 is deterministic.")
    top_p: float = _number(Options.top_p, 1e-6, 1, "Share of probability that is drawn from.")
    top_k: int = _number(Options.top_k, 0, 2**31, "Most candidates that are drawn from; 0: all.")
    repetition_penalty: float = _number(
        Options.repetition_penalty, 0.1, 10, "On tokens of the reply so far; 1: none."
    )
    seed: int | None = _number(None, -(2**63), 2**63 - 1, "Repeats a reply.")
    stop: Annotated[
        Stops,
        BeforeValidator(
            lambda stop: [stop] if isinstance(stop, str) else stop,
            json_schema_input_type=Stop | Stops,
        ),
    ] = Field([], description="Up to four texts that end the reply.")

    continue_final_message: bool = Field(False, description="The last message begins the reply.")

    @property
    def conversation(self) -> list[dict[str, str]]:
        return [message.plain() for message in self.messages]

    @property
    def beginning(self) -> tuple[list[dict[str, str]], str]:
        """The conversation, and the words that its next turn begins with already."""
        *before, last = messages = self.conversation
        goes_on = self.continue_final_message and last["role"] == "assistant"
        return (before, last["content"]) if goes_on else (messages, "")

    @property
    def reply_tokens(self) -> int:
        """The longest reply, by the newer name where both are given."""
        return self.max_completion_tokens or self.max_tokens


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
            raise _bad(name, reason, UNSUPPORTED_CODE)
    defaults = ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty")
    given = {name: value for name, value in body.items() if value is not None}
    try:
        return ChatRequest(**{name: getattr(options, name) for name in defaults} | given)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None


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


def _refusal(error: ErrorDetails) -> RequestError:
    """The first thing that is wrong, in the words of this protocol."""
    way, context = error["loc"], error.get("ctx", {})
    if way[0] == "stop":
        way = way[:1]  # its words are about the whole list
    param = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in way)[1:]
    code = "missing_required_parameter" if param == "model" else "invalid_value"
    if error["type"] == "part":
        return _bad(param + context["way"], context["reason"], code)
    if error["type"] == UNSUPPORTED_CODE:
        return _bad(param, error["msg"], UNSUPPORTED_CODE)
    value = None if error["type"] == "missing" else error["input"]
    if isinstance(way[-1], int):
        return _bad(param, "must be an object with role and content", code)
    if way[-1] == "role":
        return _bad(param, f"must be one of {', '.join(get_args(Role))}, not {value!r:.60}", code)
    reason = WORDS.get(way[-1]) or f"must be {_limits(way[-1])}, not {str(value)[:50]}"
    return _bad(param, reason, code)


def _limits(name: str) -> str:
    field = ChatRequest.model_fields[name]
    low = next(limit.ge for limit in field.metadata if hasattr(limit, "ge"))
    high = next(limit.le for limit in field.metadata if hasattr(limit, "le"))
    kind = "a number" if field.annotation is float else "a whole number"
    return f"{kind} from {low} to {high}"


def _bad(param: str, reason: str, code: str) -> RequestError:
    return RequestError(f"{param}: {reason}.", param=param, code=code)


DONE = b"data: [DONE]\n\n"


class ChatResponse:
    """Shapes one reply's chunks or its whole body; all share an id and a time."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.id = f"chatcmpl-{uuid.uuid4().hex}"
        self.created = int(time.time())

    def chunk(self, index: int, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = self._head("chat.completion.chunk") | {"choices": [choice]}
        return body | {"usage": None} if self.request.stream_options.include_usage else body

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


def event(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def usage(prompt: int, cached: int, completion: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
