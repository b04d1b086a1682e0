"""Calls of tools as OpenAI writes them: brought to one form, looked at, and as text.

Kept of a call: `id`, `type` and `function` with `name` and `arguments`, a JSON object as text; of a
result, a turn by `tool`: its text, `tool_call_id` and `name`.

Source: OpenAI's API reference, "Chat completions: messages"; `function_call` and `functions` are
its form before November 2023.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from finetune.datasets.reading.visibility import HALVES

Message = dict[str, Any]

CALL_KEYS = ("tool_calls", "tool_call_id")
TOOL_KEYS = (*CALL_KEYS, "name")  # all that a turn may say of tools, beside its text
RESULT_ROLES = ("tool", "function")
NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
WRITE_CALL = 'Write {"type": "function", "function": {"name": "…", "arguments": "{…}"}}.'


def settled_calls(message: Message) -> Message:
    """A message with its calls in one form; what is no call stays as it is.

    An older `function_call` becomes one of `tool_calls`; arguments that are an object become its
    JSON; a turn that only calls has an empty text.
    """
    message = dict(message)
    older = message.get("function_call")
    if isinstance(older, dict) and "tool_calls" not in message:
        message["tool_calls"] = [{"function": message.pop("function_call")}]
    if isinstance(message.get("tool_calls"), list):
        message["tool_calls"] = [_call(one) for one in message["tool_calls"]]
        if message.get("content") in (None, []):
            message["content"] = ""
    if message.get("role") == "function":
        message["role"] = "tool"
    return message


def _call(call: Any) -> Any:
    """A call with the keys that are kept; some sets leave the object around its function out."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(function, dict) or "name" not in function:
        return call
    arguments = function.get("arguments", function.get("parameters", "{}"))
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments, ensure_ascii=False)
    kept: Message = {"id": call["id"]} if isinstance(call.get("id"), str) else {}
    function = {"name": function["name"], "arguments": arguments}
    return {**kept, "type": call.get("type", "function"), "function": function}


def call_faults(message: Message, called: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with calls and results, each with what to do, without the message's number.

    Args:
        message: settled.
        called: whether a turn before calls a tool.
    """
    if message.get("role") == "tool" and not called:
        yield "is a tool's result, and no turn before calls a tool", "Add the turn that calls it."
    for key in ("tool_call_id", "name") if message.get("role") == "tool" else ("tool_call_id",):
        if not _is_text(message.get(key, "")):
            yield f"has no text under {key!r}", "Write it as a text."
    if "tool_calls" not in message:
        return
    if message.get("role") != "assistant":
        yield "calls a tool and is not the assistant's", "Only the assistant calls tools."
    calls = message["tool_calls"]
    if not isinstance(calls, list) or not calls:
        yield "has no list of calls under 'tool_calls'", WRITE_CALL
        return
    for call in calls:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or call.get("type") != "function":
            yield "has a call that is no call of a function", WRITE_CALL
            return
        if not _is_text(call.get("id", "")):
            yield "has a call whose id is no text", "Write it as a text."
        name, arguments = function.get("name"), function.get("arguments")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            yield (
                f"calls {str(name)[:40]!r}, which is no name of a function",
                "Use letters, numbers, _, -, ., : and /.",
            )
        elif not _is_object(arguments):
            yield (
                f"calls {name[:40]!r} with arguments that are no JSON object",
                "Write them as an object, or as its JSON in a text.",
            )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and HALVES.search(value) is None


def _is_object(text: Any) -> bool:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # half of a character pair cannot be
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(value, dict)


def tools_listed(value: Any) -> list[Any] | None:
    """The tools that stand beside a dialogue, each as `{"type": "function", "function": {…}}`.

    They may be written as JSON in a text. None where it is no list of tools.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, list) or not value:
        return None
    tools = [
        {"type": "function", "function": one}
        if isinstance(one, dict) and "function" not in one and "name" in one
        else one
        for one in value
    ]
    return tools if all(map(_is_tool, tools)) else None


def _is_tool(tool: Any) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or tool.get("type") != "function":
        return False
    try:
        json.dumps(tool, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    name = function.get("name")
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def of_tools(message: Mapping[str, Any]) -> Message:
    """What a checked turn says of tools, beside its text; empty where it says nothing."""
    return {key: message[key] for key in TOOL_KEYS if key in message}


def has_calls(messages: list[Message]) -> bool:
    """Whether a tool is called or answers."""
    return any(one["role"] == "tool" or "tool_calls" in one for one in messages)


def said(message: Message) -> str:
    """What a turn says, with a line for each of its calls."""
    calls = message.get("tool_calls")
    if not calls:
        text: str = message["content"]
        return text
    lines = [f"{one['function']['name']}({one['function']['arguments']})" for one in calls]
    return "\n".join([message["content"], *lines] if message["content"] else lines)


def as_said(messages: list[Message]) -> list[Message]:
    """The messages with their calls as text, for who only reads."""
    return [{**one, "content": said(one)} if "tool_calls" in one else one for one in messages]


def with_texts(message: Message, change: Callable[[str], str]) -> Message:
    """A message with what is made of its text and of each text in its calls' arguments, keys and
    numbers among them: a number stays one where nothing is made of it."""
    changed = message | {"content": change(message["content"])}
    if "tool_calls" in message:
        changed["tool_calls"] = [
            call | {"function": call["function"] | {"arguments": _changed(call, change)}}
            for call in message["tool_calls"]
        ]
    return changed


def _changed(call: Message, change: Callable[[str], str]) -> str:
    before: str = call["function"]["arguments"]
    value = json.loads(before)
    after = _each_text(value, change)
    return before if after == value else json.dumps(after, ensure_ascii=False)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each_text(one, change) for one in value]
    if isinstance(value, dict):
        return dict(_each_item(value, change))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if (text := change(str(value))) == str(value) else text
    return value


def _each_item(value: dict[str, Any], change: Callable[[str], str]) -> Iterator[tuple[str, Any]]:
    names: Counter[str] = Counter()
    for key, one in value.items():
        name = change(key)
        names[name] += 1
        yield name if names[name] == 1 else f"{name} {names[name]}", _each_text(one, change)
