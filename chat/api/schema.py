"""The OpenAPI schema of chat: the request as the engine's protocol defines it, and the answer."""

from typing import Any

from chat.engine.protocol import ChatRequest

Schema = dict[str, Any]
PEOPLE = {
    "user": "Which of your people asks. Kept as a hash only: the policy's memory of a person.",
    "safety_identifier": "The newer name of `user`.",
}


def request_schema() -> Schema:
    """The model's own schema."""
    schema = ChatRequest.model_json_schema()
    body: Schema = without_references(schema, schema["$defs"])
    nullable(body)
    body["properties"]["tool_choice"] = {
        "anyOf": [{"enum": ["none", "auto"]}, {"type": "null"}],
        "description": "No tools are called, so anything else is refused.",
    }
    for name, description in PEOPLE.items():
        text = {"type": "string", "maxLength": 200}
        body["properties"][name] = {"anyOf": [text, {"type": "null"}], "description": description}
    body["example"] = {
        "model": "smollm2-135m-instruct",
        "messages": [{"role": "user", "content": "I cannot sleep before exams."}],
        "max_completion_tokens": 120,
    }
    return body


def nullable(body: Schema) -> None:
    """A field that may be left out may be null, too."""
    for name, field in body["properties"].items():
        if name not in body["required"] and {"type": "null"} not in field.get("anyOf", ()):
            words = {"description": field.pop("description")}
            body["properties"][name] = {"anyOf": [field, {"type": "null"}], **words}


def without_references(part: Any, definitions: Schema) -> Any:
    """A schema with its definitions in their places, without titles and the engine's defaults."""
    if isinstance(part, list):
        return [without_references(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        known = definitions[part["$ref"].rsplit("/", 1)[-1]]
        part = known | {name: part[name] for name in part if name != "$ref"}
    return {
        name: without_references(value, definitions)
        for name, value in part.items()
        if name not in ("$defs", "default", "title")
    }


TEXT: Schema = {"type": "string"}
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
        "finish_reason": {"enum": ["stop", "length", "content_filter"]},
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
        "moderation": {"type": "object", "required": ["gate", "input", "output"]},
    },
}
REQUEST: Schema = {"required": True, "content": {"application/json": {"schema": request_schema()}}}
ANSWER: Schema = {
    "description": "The reply, or with `stream` its pieces as server-sent events.",
    "content": {
        "application/json": {"schema": REPLY},
        "text/event-stream": {"schema": {"type": "string"}},
    },
}

MOST_TEXTS = 32  # of one request for moderation
LONGEST_TEXT = 20_000  # characters
_TEXT_PART: Schema = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {
        "type": {"const": "text"},
        "text": {"type": "string", "maxLength": LONGEST_TEXT},
    },
}
_ONE_TEXT: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
MODERATIONS_REQUEST: Schema = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["input"],
                "properties": {
                    "input": {
                        "anyOf": [
                            _ONE_TEXT,
                            {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": MOST_TEXTS,
                                "items": {"anyOf": [_ONE_TEXT, _TEXT_PART]},
                            },
                        ]
                    },
                    "model": {"description": "Any name is taken; there is one model."},
                },
                "example": {"input": "I slept badly and I worry about my exam."},
            }
        }
    },
}
_RESULT: Schema = {
    "type": "object",
    "required": [
        "flagged",
        "categories",
        "category_scores",
        "category_applied_input_types",
        "card",
    ],
    "properties": {
        "flagged": {"type": "boolean"},
        "categories": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        },
        "category_scores": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
        "category_applied_input_types": {"type": "object"},
        "card": {"anyOf": [{"type": "object"}, {"type": "null"}]},
    },
}
MODERATIONS_ANSWER: Schema = {
    "description": "One result for each text, in their order.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["id", "model", "read_by", "results"],
                "properties": {
                    "id": TEXT,
                    "model": TEXT,
                    "read_by": {"enum": ["judge", "rules"]},
                    "results": {"type": "array", "items": _RESULT},
                },
            }
        }
    },
}
