"""System texts for templates that have a place for them, and for those that have none.

Knows nothing of templates or tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]


def with_system(messages: Sequence[Message], system_prompt: str) -> list[Message]:
    """Put the system prompt before a dialogue that has none."""
    if not system_prompt or (messages and messages[0]["role"] == "system"):
        return list(messages)
    return [{"role": "system", "content": system_prompt}, *messages]


def folded(messages: Sequence[Message]) -> list[Message]:
    """Move system texts into user turns, for templates that know no system.

    A system text goes before the words of the user turn behind it. Where an assistant's turn
    or nothing comes next, it becomes a user turn of its own, or the end of the one before it,
    so that roles go on taking turns. An empty one goes.
    """
    turns: list[Message] = []
    waiting: list[str] = []
    for message in [*messages, {"role": "", "content": ""}]:
        if message["role"] == "system":
            waiting += [message["content"]] if message["content"].strip() else []
            continue
        if message["role"] == "user":
            joined = "\n\n".join([*waiting, message["content"]])
            turns.append({**message, "content": joined} if waiting else message)
        else:
            if waiting and turns and turns[-1]["role"] == "user":
                joined = "\n\n".join([turns[-1]["content"], *waiting])
                turns[-1] = {**turns[-1], "content": joined}
            elif waiting:
                turns.append({"role": "user", "content": "\n\n".join(waiting)})
            turns.append(message)
        waiting = []
    turns = turns[:-1]
    tools = next((one["tools"] for one in messages if one.get("tools")), None)
    return [{**turns[0], "tools": tools}, *turns[1:]] if tools and turns else turns
