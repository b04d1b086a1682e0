"""A request of `/v1/responses` as one of `/v1/chat/completions`, which checks the rest of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chat.engine.exceptions import RequestError
from chat.engine.options import Options
from chat.engine.protocol import UNSUPPORTED_CODE, ChatRequest, parse_chat

ROLES = ("user", "assistant", "system", "developer")
PARTS = ("input_text", "output_text", "text")
PASSED_ON = ("model", "temperature", "top_p", "top_k", "repetition_penalty", "seed")
NO_TOOLS = "no tools are called here; leave it out"
NOT_KEPT = "answers are not kept here; send the whole conversation as input"
# Fields that cannot be honoured: what asks nothing of us beside null, and why the rest is refused.
UNSUPPORTED: dict[str, tuple[tuple[Any, ...], str]] = {
    "background": ((False,), "answers are given at once"),
    "conversation": ((), NOT_KEPT),
    "include": (([],), "there is nothing more to include; leave it out"),
    "max_tool_calls": ((), NO_TOOLS),
    "previous_response_id": ((), NOT_KEPT),
    "prompt": ((), "there are no stored prompts; use instructions"),
    "reasoning": (({}, {"effort": None}, {"effort": "none"}), "these assistants do not reason"),
    "store": ((False,), "answers are not kept here; send store: false"),
    "tool_choice": (("none", "auto"), NO_TOOLS),
    "tools": (([],), NO_TOOLS),
    "top_logprobs": ((0,), "log-probabilities are not given out; leave it out"),
    "truncation": (("disabled",), "what is too long is refused, not cut"),
}
FORMATS: tuple[dict[str, Any], ...] = ({}, {"format": None}, {"format": {"type": "text"}})
MOST_LABELS = 16
LONGEST_LABEL = 512


@dataclass(frozen=True)
class Asked:
    """What is echoed in the answer, beside the chat request.

    Attributes:
        chat: the same request in the form of chat.
        instructions: as given.
        most_tokens: `max_output_tokens` as given.
        metadata: labels of the client's own.
    """

    chat: ChatRequest
    instructions: str | None = None
    most_tokens: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def parse_response(body: dict[str, Any], options: Options) -> Asked:
    """Check a request.

    Raises:
        RequestError: naming the first field that is wrong or cannot be honoured.
    """
    for name, (harmless, reason) in UNSUPPORTED.items():
        if body.get(name) is not None and not _is_one_of(body[name], harmless):
            raise RequestError(f"{name}: {reason}.", param=name, code=UNSUPPORTED_CODE)
    form = body.get("text")
    if isinstance(form, dict):
        form = {k: v for k, v in form.items() if k != "verbosity"}
    if form is not None and form not in FORMATS:
        reason = "text.format: only {'type': 'text'} is supported."
        raise RequestError(reason, param="text.format", code=UNSUPPORTED_CODE)
    instructions = body.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise bad("instructions", "must be text")
    messages = messages_of(body.get("input"))
    if instructions:
        messages.insert(0, {"role": "system", "content": instructions})
    values = {name: body[name] for name in PASSED_ON if name in body}
    values |= {"messages": messages, "stream": body.get("stream")}
    values["max_completion_tokens"] = most = body.get("max_output_tokens")
    try:
        chat = parse_chat(values, options)
    except RequestError as error:
        raise renamed(error) from None
    return Asked(chat, instructions, most, labels_of(body.get("metadata")))


def messages_of(given: Any) -> list[dict[str, str]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise bad("input", "needed, as a text or a list of messages")
    return [message_of(item, f"input[{index}]") for index, item in enumerate(given)]


def message_of(item: Any, place: str) -> dict[str, str]:
    if not isinstance(item, dict):
        raise bad(place, "must be a message, an object with role and content")
    if item.get("type") not in (None, "message"):
        kind = str(item["type"])[:40]
        raise bad(f"{place}.type", f"only messages are taken, not {kind!r}", UNSUPPORTED_CODE)
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise bad(f"{place}.role", f"must be one of {', '.join(ROLES)}")
    if isinstance(content, list):
        content = "".join(
            part_of(part, f"{place}.content[{index}]") for index, part in enumerate(content)
        )
    if not isinstance(content, str):
        raise bad(f"{place}.content", "must be text or a list of text parts")
    return {"role": str(role), "content": content}


def part_of(part: Any, place: str) -> str:
    if isinstance(part, dict) and part.get("type") == "refusal":
        part = {"type": "text", "text": part.get("refusal")}
    if not isinstance(part, dict) or part.get("type") not in PARTS:
        raise bad(place, "only parts of text are taken", UNSUPPORTED_CODE)
    text = part.get("text")
    if not isinstance(text, str):
        raise bad(f"{place}.text", "must be text")
    return text


def labels_of(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if (
        not isinstance(given, dict)
        or len(given) > MOST_LABELS
        or not all(isinstance(v, str) and len(v) <= LONGEST_LABEL for v in given.values())
    ):
        words = f"up to {MOST_LABELS} pairs of texts of up to {LONGEST_LABEL} characters"
        raise bad("metadata", words)
    return given


def renamed(error: RequestError) -> RequestError:
    """What chat says of a field, under the name that it has here."""
    names = {"max_completion_tokens": "max_output_tokens", "messages": "input"}
    param = error.param or ""
    for old, new in names.items():
        if param.startswith(old):
            message = error.message.replace(old, new, 1)
            return RequestError(message, param=param.replace(old, new, 1), code=error.code)
    return error


def bad(param: str, reason: str, code: str = "invalid_value") -> RequestError:
    return RequestError(f"{param}: {reason}.", param=param, code=code)


def _is_one_of(value: Any, known: tuple[Any, ...]) -> bool:
    """False is not 0 here, though Python says so."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in known)
