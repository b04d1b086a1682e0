"""Checks of one dialogue, with the names OpenAI's cookbook uses where it has one.

Knows nothing of files or formats: it gets messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from finetune.datasets.formats.calls import CALL_KEYS, TOOL_KEYS, call_faults
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import HALVES, is_visible, names_of

ROLES = ("system", "user", "assistant", "tool")
SPEAKERS = ROLES[:3]  # what is said to people; a tool answers only where one is called
KEYS = frozenset({"role", "content", "weight", *TOOL_KEYS})
Fault = tuple[str, str, str]  # check, what it says of the message, what to do


def check_messages(messages: list[Any], limits: Limits) -> list[dict[str, Any]]:
    """Return the messages with the keys that are kept.

    Raises:
        RecordProblem: the first thing that is wrong with the dialogue.
    """
    if not messages:
        raise RecordProblem("missing_messages_list", "no messages", "Give at least two messages.")
    if len(messages) > limits.max_turns:
        raise RecordProblem(
            "too_many_turns",
            f"{len(messages):,} messages; the limit is {limits.max_turns:,}",
            "Split the dialogue.",
        )
    clean: list[dict[str, Any]] = []
    called = False
    for index, message in enumerate(messages, 1):
        clean.append(_message(index, message, called))
        called = called or "tool_calls" in message
    if not any(item["role"] == "assistant" and item.get("weight", 1) for item in clean):
        raise RecordProblem(
            "example_missing_assistant_message",
            "no assistant message to learn from",
            "Add the reply the assistant should give (weight 1).",
        )
    return clean


def _message(index: int, message: Any, called: bool) -> dict[str, Any]:
    faults = _form_faults(index, message, called)
    for check, reason, fix in chain(faults, _content_faults(message)):
        raise RecordProblem(check, f"message {index} {reason}", fix)
    kept = {"role": message["role"], "content": message["content"]}
    names = CALL_KEYS if message["role"] != "tool" else TOOL_KEYS
    kept |= {key: message[key] for key in names if key in message}
    return kept | {"weight": int(message["weight"])} if "weight" in message else kept


def _form_faults(index: int, message: Any, called: bool) -> Iterator[Fault]:
    """What is wrong with a message's keys and its role, until the first fault is taken up."""
    if not isinstance(message, dict):
        yield "data_type", "is not an object", 'Write {"role": "user", "content": "..."}.'
    if missing := next((key for key in ("role", "content") if key not in message), None):
        yield "message_missing_key", f"has no {missing!r}", f"Add {missing!r}."
    for key in message:
        if key not in KEYS:
            fix = f"Keep only {', '.join(sorted(KEYS))}."
            yield "message_unrecognized_key", f"has the key {key[:40]!r}", fix
    role = message["role"]
    if role not in ROLES:
        fix = f"Use {', '.join(SPEAKERS)}."
        yield "unrecognized_role", f"has the role {str(role)[:40]!r}", fix
    for reason, fix in call_faults(message, called):
        yield "tool_call", reason, fix
    if role == "system" and index > 1:
        fix = "A system message stands first, and only there."
        yield "misplaced_system", "is a system message", fix


def _content_faults(message: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with its text and its weight, likewise."""
    content, weight = message["content"], message.get("weight", 1)
    if not isinstance(content, str):
        kind = "a list of parts" if isinstance(content, list) else f"{content!r:.40}"
        yield "missing_content", f"has no text, but {kind}", "Write its content as one text."
    if "\0" in content:
        yield "null_bytes", "holds a null character", "Remove it."
    if HALVES.search(content):
        fix = "Write the character itself, or both halves."
        yield "invalid_unicode", "holds half of a character pair (surrogate)", fix
    if not is_visible(content) and not ("tool_calls" in message or message["role"] == "tool"):
        blank = not content or content.isspace()
        reason = "has no text" if blank else f"has no text that can be seen ({names_of(content)})"
        yield "missing_content", reason, "Write its content as text."
    if isinstance(weight, bool) or weight not in (0, 1):
        fix = "Use 0 (do not learn) or 1 (learn)."
        yield "invalid_weight", f"has the weight {str(weight)[:20]}", fix
