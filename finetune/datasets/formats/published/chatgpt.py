"""ChatGPT's exported `conversations.json`: a tree of messages, of which the last path is shown.

Source: OpenAI's help centre, "How do I export my ChatGPT history"; the file has no definition.
"""

from __future__ import annotations

from typing import Any

from finetune.datasets.reading.exceptions import RecordProblem

from ..form import Columns, Format, Record
from ..turns import merged, role_known

ROLES = {"user": "user", "assistant": "assistant", "system": "system"}
MOST = 100_000


def _matches(record: Record) -> bool:
    nodes = record.get("mapping")
    first = next(iter(nodes.values()), None) if isinstance(nodes, dict) else None
    return isinstance(first, dict) and "parent" in first and "children" in first


def _path(record: Record) -> list[Any]:
    """Messages from the first one to the one that was shown last."""
    nodes = record["mapping"]
    at = record.get("current_node")
    if at not in nodes:  # then the end of the tree that stands last
        at = next((key for key in reversed(nodes) if not nodes[key].get("children")), None)
    path: list[Any] = []
    while at in nodes and isinstance(nodes[at], dict) and len(path) < MOST:
        path.append(nodes[at].get("message"))
        at = nodes[at].get("parent")
    return path[::-1]


def _convert(record: Record, columns: Columns) -> list[Any]:
    if not _matches(record):
        raise RecordProblem(
            "missing_messages_list", "no tree under 'mapping'", "Upload the export unchanged."
        )
    messages = []
    for index, message in enumerate(_path(record), 1):
        if not isinstance(message, dict):
            continue  # the root
        content = message.get("content") or {}
        parts = content.get("parts") if isinstance(content, dict) else None
        texts = [part for part in parts or [] if part not in ("", None)]
        if not texts and content.get("content_type", "text") == "text":
            continue  # a hidden instruction without words
        role = role_known(index, (message.get("author") or {}).get("role"), ROLES)
        if not texts or not all(isinstance(text, str) for text in texts):
            raise RecordProblem(
                "missing_content",
                f"turn {index} holds something that is not text",
                "Only text is trained: leave the dialogue out.",
            )
        messages.append({"role": role, "content": "\n".join(texts)})
    return merged(messages)


CHATGPT = Format(
    "chatgpt",
    "ChatGPT export",
    '{"title": "...", "mapping": {"...": {"message": {...}, "parent": "...", "children": [...]}}}',
    _matches,
    _convert,
    (
        *("mapping", "current_node", "title", "create_time", "update_time", "conversation_id"),
        "id",
    ),
    recognised="`mapping` with `parent` and `children`",
    notes="`conversations.json`; of a tree the path that was shown last",
    joins=True,
)
