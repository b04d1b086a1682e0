"""The response object, and the events of a stream, in the order in which they are sent."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from .asking import Asked

# Where reviewed words stand in for the model's, the reply is whole: `moderation` says so.
INCOMPLETE = {"length": "max_output_tokens"}


class ResponseShape:
    """One response: its ids, and how far it has come."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.id = f"resp_{uuid.uuid4().hex}"
        self.message_id = f"msg_{uuid.uuid4().hex}"
        self.created = int(time.time())
        self.number = -1

    def as_json(self, status: str, **more: Any) -> dict[str, Any]:
        asked = self.asked
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.most_tokens,
            "metadata": asked.metadata,
            "model": asked.chat.model,
            "output": [],
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": False,
            "temperature": asked.chat.temperature,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "top_p": asked.chat.top_p,
            "truncation": "disabled",
            "usage": None,
            **more,
        }

    def ended(
        self, text: str, end: str, used: dict[str, Any], moderation: dict[str, Any]
    ) -> dict[str, Any]:
        """The whole response; one that was cut at its longest is `incomplete`.

        Args:
            moderation: as chat has it; there is one input and one output here.
        """
        reason = INCOMPLETE.get(end)
        return self.as_json(
            "incomplete" if reason else "completed",
            incomplete_details={"reason": reason} if reason else None,
            output=[self.item(text, "incomplete" if reason else "completed")],
            usage=usage_of(used),
            moderation={
                "gate": moderation["gate"],
                "input": moderation["input"]["results"][0],
                "output": moderation["output"]["results"][0],
            },
        )

    def failed(self, message: str) -> dict[str, Any]:
        return self.as_json("failed", error={"code": "server_error", "message": message})

    def item(self, text: str | None, status: str) -> dict[str, Any]:
        return {
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": [] if text is None else [part(text)],
        }

    def begin(self) -> Iterator[bytes]:
        """What stands before the first word."""
        begun = self.as_json("in_progress")
        yield self.event("response.created", response=begun)
        yield self.event("response.in_progress", response=begun)
        item = self.item(None, "in_progress")
        yield self.event("response.output_item.added", output_index=0, item=item)
        yield self.event("response.content_part.added", **self.place, part=part(""))

    def delta(self, text: str) -> bytes:
        return self.event("response.output_text.delta", **self.place, delta=text, logprobs=[])

    def end(self, whole: dict[str, Any]) -> Iterator[bytes]:
        """What stands behind the last word."""
        (item,) = whole["output"]
        (content,) = item["content"]
        text = content["text"]
        yield self.event("response.output_text.done", **self.place, text=text, logprobs=[])
        yield self.event("response.content_part.done", **self.place, part=content)
        yield self.event("response.output_item.done", output_index=0, item=item)
        yield self.event(f"response.{whole['status']}", response=whole)

    @property
    def place(self) -> dict[str, Any]:
        return {"item_id": self.message_id, "output_index": 0, "content_index": 0}

    def event(self, kind: str, **values: Any) -> bytes:
        self.number += 1
        body = {"type": kind, "sequence_number": self.number, **values}
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return f"event: {kind}\ndata: {data}\n\n".encode()


def part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def usage_of(used: dict[str, Any]) -> dict[str, Any]:
    return {
        "input_tokens": used["prompt_tokens"],
        "input_tokens_details": used["prompt_tokens_details"],
        "output_tokens": used["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used["total_tokens"],
    }
