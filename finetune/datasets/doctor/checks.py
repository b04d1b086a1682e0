"""Checks of one dialogue, with the names OpenAI's cookbook uses where it has one.

Knows nothing of files or formats: it gets messages.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

from finetune.datasets.doctor.converting import CALLS, NO_TOOLS
from finetune.datasets.doctor.visibility import is_visible, names_of
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.limits import Limits

ROLES = ("system", "user", "assistant")
KEYS = frozenset({"role", "content", "weight", "name"})
_HALVES = re.compile("[\\ud800-\\udfff]")  # of a character pair
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
    clean = [_message(index, message) for index, message in enumerate(messages, 1)]
    if not any(item["role"] == "assistant" and item.get("weight", 1) for item in clean):
        raise RecordProblem(
            "example_missing_assistant_message",
            "no assistant message to learn from",
            "Add the reply the assistant should give (weight 1).",
        )
    return clean


def _message(index: int, message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise RecordProblem(
            "data_type",
            f"message {index} is not an object",
            'Write {"role": "user", "content": "..."}.',
        )
    for key in CALLS:
        if key in message:
            raise RecordProblem(
                "message_unrecognized_key", f"message {index} calls a tool ({key!r})", NO_TOOLS
            )
    for key in ("role", "content"):
        if key not in message:
            raise RecordProblem(
                "message_missing_key", f"message {index} has no {key!r}", f"Add {key!r}."
            )
    for key in message:
        if key not in KEYS:
            raise RecordProblem(
                "message_unrecognized_key",
                f"message {index} has the key {key[:40]!r}",
                f"Keep only {', '.join(sorted(KEYS))}.",
            )
    role, content = message["role"], message["content"]
    if role not in ROLES:
        raise RecordProblem(
            "unrecognized_role",
            f"message {index} has the role {str(role)[:40]!r}",
            NO_TOOLS if role in ("tool", "function") else f"Use {', '.join(ROLES)}.",
        )
    if role == "system" and index > 1:
        raise RecordProblem(
            "misplaced_system",
            f"message {index} is a system message",
            "A system message stands first, and only there.",
        )
    if not isinstance(content, str):
        kind = "a list of parts" if isinstance(content, list) else f"{content!r:.40}"
        raise RecordProblem(
            "missing_content",
            f"message {index} has no text, but {kind}",
            "Write its content as one text.",
        )
    if "\0" in content:
        raise RecordProblem("null_bytes", f"message {index} holds a null character", "Remove it.")
    if _HALVES.search(content):
        raise RecordProblem(
            "invalid_unicode",
            f"message {index} holds half of a character pair (surrogate)",
            "Write the character itself, or both halves.",
        )
    if not is_visible(content):
        hidden = "" if content.isspace() or not content else f" ({names_of(content)})"
        raise RecordProblem(
            "missing_content",
            f"message {index} has no text" + (f" that can be seen{hidden}" if hidden else ""),
            "Write its content as text.",
        )
    kept: dict[str, Any] = {"role": role, "content": content}
    if "weight" in message:
        weight = message["weight"]
        if isinstance(weight, bool) or weight not in (0, 1):
            raise RecordProblem(
                "invalid_weight",
                f"message {index} has the weight {str(weight)[:20]}",
                "Use 0 (do not learn) or 1 (learn).",
            )
        kept["weight"] = int(weight)
    return kept


def exact_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues from which the same is learned: the same roles
    and texts, letter by letter, and the same replies left out of the loss."""
    parts = [
        [item["role"], item["content"], item["role"] != "assistant" or item.get("weight", 1)]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:16]


def near_print(messages: list[dict[str, Any]]) -> bytes:
    """Return 16 bytes that are equal for dialogues with nearly the same words.

    Case, white space and the form of composed characters do not count.
    """
    words = [
        [item["role"], " ".join(unicodedata.normalize("NFKC", item["content"]).casefold().split())]
        for item in messages
    ]
    return hashlib.sha256(json.dumps(words).encode()).digest()[:16]


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would run this cell as a formula; plain numbers are none."""
    if not cell.startswith(FORMULA_STARTS):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def neutralised(cell: str) -> str:
    """Return the cell for a CSV export: a quotation mark before what would be a formula."""
    return f"'{cell}" if is_formula(cell) else cell
