"""The OpenAPI schema of chat: what `chat.engine.protocol` checks and what it shapes."""

from typing import Any

Schema = dict[str, Any]


def or_null(schema: Schema, description: str) -> Schema:
    return {"anyOf": [schema, {"type": "null"}], "description": description}


def whole(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


TEXT: Schema = {"type": "string"}
PART: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["text", "refusal"], "description": "`refusal`: of an assistant."},
        "text": TEXT,
        "refusal": TEXT,
    },
}
MESSAGE: Schema = {
    "type": "object",
    "required": ["role"],
    "properties": {
        "role": {"enum": ["system", "developer", "user", "assistant"]},
        "content": {"anyOf": [TEXT, {"type": "array", "items": PART}, {"type": "null"}]},
    },
}
BODY: Schema = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "description": "An id from `/v1/models`, or a checkpoint's."},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": MESSAGE,
            "description": "The conversation, oldest first: `role` and `content`.",
        },
        "stream": or_null({"type": "boolean"}, "Send the reply piece by piece."),
        "stream_options": or_null(
            {"type": "object"}, "`include_usage`: a last chunk with the counts."
        ),
        "max_completion_tokens": or_null(whole(1, 2**31), "Longest reply in tokens."),
        "max_tokens": or_null(whole(1, 2**31), "The older name of the same."),
        "temperature": or_null(number(0, 2), "0 is deterministic."),
        "top_p": or_null(number(1e-6, 1), "Share of probability that is drawn from."),
        "top_k": or_null(whole(0, 2**31), "Most candidates that are drawn from; 0: all."),
        "repetition_penalty": or_null(number(0.1, 10), "On tokens of the reply so far; 1: none."),
        "stop": or_null(
            {
                "anyOf": [
                    {"type": "string", "minLength": 1, "maxLength": 200},
                    {
                        "type": "array",
                        "maxItems": 4,
                        "items": {"type": "string", "minLength": 1, "maxLength": 200},
                    },
                ]
            },
            "Up to four texts that end the reply.",
        ),
        "seed": or_null(whole(-(2**63), 2**63 - 1), "Repeats a reply."),
        "n": or_null(whole(1, 4), "Replies to the same messages."),
        "tool_choice": or_null(
            {"enum": ["none", "auto"]}, "No tools are called, so anything else is refused."
        ),
        "user": {"description": "Not kept."},
    },
    "example": {
        "model": "smollm2-135m-instruct",
        "messages": [{"role": "user", "content": "I cannot sleep before exams."}],
        "max_completion_tokens": 120,
    },
}
USAGE: Schema = {
    "type": "object",
    "required": ["prompt_tokens", "completion_tokens", "total_tokens"],
    "properties": {
        "prompt_tokens": {"type": "integer"},
        "completion_tokens": {"type": "integer"},
        "total_tokens": {"type": "integer"},
        "prompt_tokens_details": {"type": "object"},
    },
}
CHOICE: Schema = {
    "type": "object",
    "required": ["index", "message", "finish_reason", "logprobs"],
    "properties": {
        "index": {"type": "integer"},
        "message": {
            "type": "object",
            "required": ["role", "content"],
            "properties": {
                "role": {"const": "assistant"},
                "content": TEXT,
                "refusal": {"type": "null"},
            },
        },
        "finish_reason": {"enum": ["stop", "length"]},
        "logprobs": {"type": "null"},
    },
}
REPLY: Schema = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices", "usage", "moderation"],
    "properties": {
        "id": TEXT,
        "object": {"const": "chat.completion"},
        "created": {"type": "integer"},
        "model": TEXT,
        "system_fingerprint": {"type": "null"},
        "choices": {"type": "array", "items": CHOICE},
        "usage": USAGE,
        "moderation": {"type": "object", "required": ["input", "output"]},
    },
}
REQUEST: Schema = {"required": True, "content": {"application/json": {"schema": BODY}}}
ANSWER: Schema = {
    "description": "The reply, or with `stream` its pieces as server-sent events.",
    "content": {
        "application/json": {"schema": REPLY},
        "text/event-stream": {"schema": {"type": "string"}},
    },
}
