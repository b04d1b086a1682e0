"""Calls of tools and their results, and whether a chat template has words for them.

Kept as OpenAI writes them: a turn of the assistant's has `tool_calls`, whose `arguments` are a JSON
object as text; a turn of the role `tool` holds a result; the tools that a dialogue may call stand
under `tools` of its first message (`with_tools`), so that they go wherever the messages go.

A template speaks tools if a made-up call, its result and the tool's description come out of it.
Knows nothing of tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from .folding import Message

ID_LETTERS = 9  # as many as Mistral's templates ask for; others do not write ids
TOLD, PLACE, FOUND = "what a probe is for", "Probetown", "a probed result"
PROBE: list[Message] = [
    {
        "role": "user",
        "content": "question",
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "probe",
                    "description": TOLD,
                    "parameters": {
                        "type": "object",
                        "properties": {"place": {"type": "string", "description": "where"}},
                        "required": ["place"],
                    },
                },
            }
        ],
    },
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "probe", "arguments": json.dumps({"place": PLACE})},
            }
        ],
    },
    {"role": "tool", "content": FOUND, "tool_call_id": "call_1", "name": "probe"},
    {"role": "assistant", "content": "answer"},
]
Render = Callable[[Sequence[Message]], str]


def speaks_tools(render: Render) -> bool:
    """Tell whether a template writes calls, results and descriptions of tools."""
    try:
        text = render(PROBE)
    except TemplateError:
        return False
    return all(word in text for word in (TOLD, PLACE, FOUND))


def with_tools(messages: Sequence[Message], tools: Any) -> list[Message]:
    """The messages, with the tools that may be called under the first one."""
    if not tools or not messages:
        return list(messages)
    return [{**messages[0], "tools": tools}, *messages[1:]]


def tools_of(messages: Sequence[Message]) -> list[Any] | None:
    """The tools that may be called; None where there are none."""
    return next((one["tools"] for one in messages if one.get("tools")), None)


def has_tools(messages: Sequence[Message]) -> bool:
    """Tell whether a tool is called, answers, or is described."""
    return any(
        one["role"] == "tool" or one.get("tool_calls") or one.get("tools") for one in messages
    )


def without_tools(messages: Sequence[Message]) -> tuple[list[Message], int]:
    """The messages without calls, results and descriptions of tools, and how many of these went.

    What the assistant says beside a call stays. The list of tools counts as one.
    """
    kept: list[Message] = []
    gone = int(tools_of(messages) is not None)
    for one in messages:
        calls = bool(one.get("tool_calls"))
        gone += calls or one["role"] == "tool"
        if one["role"] != "tool" and (not calls or one["content"].strip()):
            kept.append({key: one[key] for key in one if key not in ("tool_calls", "tools")})
    return kept, gone


def for_template(message: Message) -> dict[str, Any]:
    """A message as chat templates expect it: arguments as an object, short ids."""
    plain = {"role": message["role"], "content": message["content"]}
    if message["role"] == "tool":
        plain |= {"name": message["name"]} if "name" in message else {}
        plain["tool_call_id"] = _short(message.get("tool_call_id", ""))
    if message.get("tool_calls"):
        plain["tool_calls"] = [
            {
                "id": _short(call.get("id", "")),
                "type": "function",
                "function": {
                    "name": call["function"]["name"],
                    "arguments": json.loads(call["function"]["arguments"]),
                },
            }
            for call in message["tool_calls"]
        ]
    return plain


def check_calls(message: Message) -> None:
    """Raises ValueError, KeyError or TypeError: the calls of a turn cannot be written."""
    for call in message.get("tool_calls", ()):
        arguments = json.loads(call["function"]["arguments"])
        if not isinstance(call["function"]["name"], str) or not isinstance(arguments, dict):
            raise TypeError("a call that has no name or no arguments")


def words_of(messages: Sequence[Message]) -> Iterator[str]:
    """Every text of calls and descriptions that a template may write, results aside."""
    for one in messages:
        if "name" in one:
            yield str(one["name"])
        for call in one.get("tool_calls", ()):
            yield call["function"]["name"]
            yield from _texts(json.loads(call["function"]["arguments"]))
    yield from _texts(tools_of(messages))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)


def _short(name: str) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()[:ID_LETTERS]
