"""The OpenAPI schema of `/v1/responses`."""

from typing import Any

from chat.api.schema import PEOPLE, TEXT

from .asking import FORMATS, LONGEST_LABEL, MOST_LABELS, PARTS, ROLES

Schema = dict[str, Any]


def or_null(schema: Schema, description: str = "") -> Schema:
    words = {"description": description} if description else {}
    return {"anyOf": [schema, {"type": "null"}], **words}


def number(low: float, high: float, kind: str = "number") -> Schema:
    return or_null({"type": kind, "minimum": low, "maximum": high})


PART: Schema = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"enum": list(PARTS)}, "text": TEXT},
}
MESSAGE: Schema = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "type": {"const": "message"},
        "role": {"enum": list(ROLES)},
        "content": {"anyOf": [TEXT, {"type": "array", "items": PART}]},
    },
}
PROPERTIES: Schema = {
    "model": {"type": "string", "description": "An id from `/v1/models`, or a checkpoint's."},
    "input": {"anyOf": [TEXT, {"type": "array", "minItems": 1, "items": MESSAGE}]},
    "instructions": or_null(TEXT, "The system text of this reply."),
    "stream": or_null({"type": "boolean"}, "Send the reply as events."),
    "store": or_null({"const": False}, "Nothing is stored."),
    "max_output_tokens": number(1, 2**31, "integer"),
    "temperature": number(0, 2),
    "top_p": number(1e-6, 1),
    "seed": number(-(2**63), 2**63 - 1, "integer"),
    "text": or_null({"enum": list(FORMATS)}),
    "tools": or_null({"const": []}),
    "tool_choice": or_null({"enum": ["none", "auto"]}),
    "metadata": or_null(
        {
            "type": "object",
            "maxProperties": MOST_LABELS,
            "additionalProperties": {"type": "string", "maxLength": LONGEST_LABEL},
        }
    ),
    **{
        name: or_null({"type": "string", "maxLength": 200}, words) for name, words in PEOPLE.items()
    },
}
REQUEST: Schema = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["model", "input"],
                "properties": PROPERTIES,
                "example": {
                    "model": "smollm2-135m-instruct",
                    "input": "I cannot sleep before exams.",
                    "store": False,
                },
            }
        }
    },
}
RESPONSE: Schema = {
    "type": "object",
    "required": ["id", "object", "created_at", "status", "model", "output", "usage", "moderation"],
    "properties": {
        "id": TEXT,
        "object": {"const": "response"},
        "created_at": {"type": "integer"},
        "status": {"enum": ["completed", "incomplete"]},
        "model": TEXT,
        "output": {"type": "array", "items": {"type": "object"}},
        "usage": {"type": "object"},
        "moderation": {"type": "object", "required": ["gate", "input", "output"]},
    },
}
ANSWER: Schema = {
    "description": "The response, or with `stream` its events.",
    "content": {
        "application/json": {"schema": RESPONSE},
        "text/event-stream": {"schema": {"type": "string"}},
    },
}
