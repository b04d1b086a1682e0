"""OpenAssistant's trees: a prompt with its replies, and theirs; the best path is the dialogue.

At each turn that is the reply that people ranked first, or the first one without a rank. Source:
github.com/LAION-AI/Open-Assistant, "OpenAssistant Conversations: data format".
"""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from ..form import Columns, Format, Message, Record
from ..turns import role_known
from ..writing import CannotWrite, apart, without_weights

ROLES = {"prompter": "user", "user": "user", "assistant": "assistant"}


def _rank(reply: Any) -> float:
    rank = reply.get("rank") if isinstance(reply, dict) else None
    return float(rank) if isinstance(rank, int | float) else float("inf")


def _convert(record: Record, columns: Columns) -> list[Any]:
    messages: list[Any] = []
    node: Any = record.get("prompt")
    while node is not None:
        index = len(messages) + 1
        if not isinstance(node, dict) or "text" not in node:
            raise RecordProblem(
                "message_missing_key", f"turn {index} has no 'text'", "Every turn needs 'text'."
            )
        role = role_known(index, node.get("role"), ROLES)
        messages.append({"role": role, "content": node["text"]})
        replies = node.get("replies")
        node = min(replies, key=_rank) if isinstance(replies, list) and replies else None
    if messages and messages[-1]["role"] == "user":
        messages.pop()  # a tree may end with a question that nobody answered
    return messages


def _write(messages: list[Message]) -> Record:
    """A tree with one branch."""
    system, spoken = apart("OpenAssistant", messages)
    without_weights("OpenAssistant", spoken)
    if system is not None:
        raise CannotWrite("OpenAssistant", "a system message")
    if spoken[-1]["role"] == "user":
        raise CannotWrite("OpenAssistant", "a last turn that nobody answers")
    names = {"user": "prompter", "assistant": "assistant"}
    node: Record | None = None
    for one in reversed(spoken):
        replies = [] if node is None else [node]
        node = {"role": names[one["role"]], "text": one["content"], "replies": replies}
    return {"prompt": node}


OASST = Format(
    "oasst",
    "OpenAssistant",
    '{"prompt": {"role": "prompter", "text": "...", "replies": [{"role": "assistant", ...}]}}',
    lambda record: isinstance(record.get("prompt"), dict) and "replies" in record["prompt"],
    _convert,
    ("prompt", "message_tree_id", "tree_state"),
    write=_write,
    recognised="`prompt` with `replies`",
    notes="of each turn's replies the one that people ranked first",
)
