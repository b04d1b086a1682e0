"""Slips in turns and in what holds them: names of roles and keys, weights, blank turns, leftovers.

Each function takes a record or its messages and returns another one, or None where it has nothing
to offer. What it is given is never changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from finetune.datasets.doctor.control_tokens import ControlTokens
from finetune.datasets.formats.calls import with_texts
from finetune.datasets.formats.sharegpt import ROLES
from finetune.datasets.formats.turns import CALLS, SYSTEM_KEYS
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.visibility import HALVES, is_visible

Turn = dict[str, Any]
TOOLS = frozenset({"tool", "function", "ipython", "environment"})
NAMES = {
    **dict.fromkeys(("role", "from", "speaker", "author", "who"), "role"),
    **dict.fromkeys(("content", "text", "value", "message", "utterance"), "content"),
}
WEIGHTS = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}
_LISTS = ("messages", "conversations", "conversation", "dialog", "contents")


def near_role(name: Any) -> str | None:
    """The role that a name was probably meant to be.

    >>> near_role("Asistant:"), near_role("tool")
    ('assistant', None)
    """
    if not isinstance(name, str):
        return None
    plain = name.strip().strip(":：").strip().lower()
    if plain in TOOLS:
        return None
    close = [plain] if plain in ROLES else difflib.get_close_matches(plain, ROLES, 1, 0.8)
    return ROLES[close[0]] if close else None


def each_turn(turns: list[Any], change: Callable[[Turn], Turn | None]) -> list[Any] | None:
    """The turns with what the function makes of each; None where it changes none."""
    changed = [(change(one) if isinstance(one, dict) else None) or one for one in turns]
    return changed if changed != turns else None


def in_record(record: Any, change: Callable[[list[Any]], list[Any] | None]) -> Any:
    """The record with its list of turns changed."""
    for key in _LISTS:
        if isinstance(record, dict) and isinstance(record.get(key), list):
            turns = change(record[key])
            return None if turns is None else {**record, key: turns}
    return None


def roles_named(turns: list[Any]) -> list[Any] | None:
    def named(turn: Turn) -> Turn | None:
        for key in ("role", "from", "speaker"):
            known = isinstance(turn.get(key), str) and turn[key].strip().lower() in ROLES
            exact = turn.get(key) in ("system", "user", "assistant")
            if key in turn and not exact and (key == "role" or not known):
                role = near_role(turn[key])
                return {**turn, key: role} if role else None
        return None

    return each_turn(turns, named)


def keys_named(turns: list[Any]) -> list[Any] | None:
    """Keys with blanks or capitals, and those that other forms use."""

    def named(turn: Turn) -> Turn | None:
        plain = {key: NAMES.get(key.strip().lower(), key.strip().lower()) for key in turn}
        renamed = {plain[key]: value for key, value in turn.items()}
        return renamed if len(renamed) == len(turn) else None

    return each_turn(turns, named)


def keys_dropped(turns: list[Any]) -> list[Any] | None:
    """Without the keys that no message has; a call of a tool is never dropped."""
    if any(isinstance(turn, dict) and any(key in turn for key in CALLS) for turn in turns):
        return None
    allowed = ("role", "content", "weight", "name")
    return each_turn(turns, lambda turn: {key: turn[key] for key in turn if key in allowed})


def is_of_tools(turn: Any) -> bool:
    """Whether it calls a tool or is a result."""
    return isinstance(turn, dict) and (turn.get("role") == "tool" or "tool_calls" in turn)


def blanks_dropped(turns: list[Any]) -> list[Any] | None:
    """Numbers as text, and turns without words left out; calls and results need none."""
    kept = []
    for turn in turns:
        content = turn.get("content") if isinstance(turn, dict) else None
        blank = content is None or (isinstance(content, str) and not is_visible(content))
        if blank and not is_of_tools(turn):
            continue
        if isinstance(content, int | float) and not isinstance(content, bool):
            turn = {**turn, "content": str(content)}
        kept.append(turn)
    return kept if kept != turns and kept else None


def halves_dropped(turns: list[Any]) -> list[Any] | None:
    """Texts without null characters and halves of character pairs."""

    def plain(turn: Turn) -> Turn | None:
        content = turn.get("content")
        if not isinstance(content, str):
            return None
        return {**turn, "content": HALVES.sub("", content.replace("\0", ""))}

    return each_turn(turns, plain)


def weights_plain(turns: list[Any]) -> list[Any] | None:
    def weighed(turn: Turn) -> Turn | None:
        weight = WEIGHTS.get(str(turn.get("weight")).strip().lower())
        return None if weight is None else {**turn, "weight": weight}

    changed = [
        (weighed(one) if isinstance(one, dict) and "weight" in one else None) or one
        for one in turns
    ]
    return changed if repr(changed) != repr(turns) else None  # True equals 1


def tokens_dropped(turns: list[Any], tokens: ControlTokens) -> list[Any] | None:
    """Texts without control tokens, and without the blanks that are left at their ends; those of
    checked turns."""

    def plain(text: str) -> str:
        return tokens.without(text).strip() if tokens.found_in(text) else text

    return each_turn(turns, lambda turn: with_texts(turn, plain))


def systems_joined(record: Any) -> Any:
    """The record with its system texts as one, in the first message."""
    if not isinstance(record, dict):
        return None
    texts = [record[key] for key in SYSTEM_KEYS if isinstance(record.get(key), str)]
    rest = {key: value for key, value in record.items() if key not in SYSTEM_KEYS}

    def joined(turns: list[Any]) -> list[Any] | None:
        first = turns[0] if turns and isinstance(turns[0], dict) else {}
        own = first.get("content") if first.get("role") in ("system", "developer") else None
        if not isinstance(own, str) or not texts:
            return None
        content = "\n\n".join(dict.fromkeys([*texts, own]))
        return [{**first, "content": content}, *turns[1:]]

    if (changed := in_record(rest, joined)) is not None:
        return changed
    return {**rest, "system": "\n\n".join(dict.fromkeys(texts))} if len(texts) > 1 else None


def list_found(record: Any) -> Any:
    """The record with its one list of turns under the name of our own form."""
    if isinstance(record, list) and record and all(isinstance(one, dict) for one in record):
        return {"messages": record}
    if not isinstance(record, dict):
        return None
    lists = [
        key
        for key, value in record.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    ]
    if len(lists) != 1 or lists[0] in _LISTS:
        return None
    return {("messages" if key == lists[0] else key): value for key, value in record.items()}


def parted(messages: list[Any], limits: Limits) -> list[list[Any]] | None:
    """A long dialogue as several, each from a turn of the person's on, with the system text."""
    systems = [one for one in messages[:1] if one.get("role") == "system"]
    turns = messages[len(systems) :]
    most = limits.max_turns - len(systems)
    parts: list[list[Any]] = []
    while turns:
        end = min(most, len(turns))
        if end < len(turns):
            end = next((at for at in range(end, 0, -1) if turns[at].get("role") == "user"), 0)
        if end < 1:
            return None
        parts.append([*systems, *turns[:end]])
        turns = turns[end:]
    return parts if len(parts) > 1 else None
