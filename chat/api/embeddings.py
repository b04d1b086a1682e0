"""`/v1/embeddings`: vectors of texts by the engine's own encoder, in OpenAI's form.

Requests are checked by `chat.engine.embedding.protocol`, the engine's own module. Nothing of the
texts is kept or logged.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from chat.engine.client import EngineClient
from chat.engine.embedding.protocol import (
    DIMENSIONS,
    MOST_INPUTS,
    NAME,
    EmbeddingRequest,
    parse_embedding,
)
from chat.engine.exceptions import EngineError, EngineUnavailable, RequestError
from chat.engine.protocol import parse_json
from finetune.api.errors import ApiError, not_found
from finetune.bases.hosted import local_name

from .refusal import RETRY_SECONDS
from .schema import TEXT, nullable, without_references

router = Router(tags=["Embeddings"])


def request_schema() -> dict[str, Any]:
    body: dict[str, Any] = without_references(EmbeddingRequest.model_json_schema(), {})
    nullable(body)
    for form in body["properties"]["input"]["anyOf"][2:]:
        form["maxItems"] = MOST_INPUTS
    body["example"] = {"model": NAME, "input": ["I cannot sleep before exams."]}
    return body


REQUEST = {"required": True, "content": {"application/json": {"schema": request_schema()}}}
ANSWER = {
    "description": f"One vector of {DIMENSIONS} numbers and length 1 for each input.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["object", "data", "model", "usage"],
                "properties": {
                    "object": {"const": "list"},
                    "data": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["object", "index", "embedding"],
                            "properties": {
                                "object": {"const": "embedding"},
                                "index": {"type": "integer"},
                                "embedding": {
                                    "anyOf": [
                                        {"type": "array", "items": {"type": "number"}},
                                        {"type": "string", "description": "With `base64`."},
                                    ]
                                },
                            },
                        },
                    },
                    "model": TEXT,
                    "usage": {
                        "type": "object",
                        "required": ["prompt_tokens", "total_tokens"],
                        "properties": {
                            "prompt_tokens": {"type": "integer"},
                            "total_tokens": {"type": "integer"},
                        },
                    },
                },
            }
        }
    },
}


@router.post(
    "",
    summary="Make vectors of texts",
    openapi_extra={"requestBody": REQUEST, "responses": {200: ANSWER}},
)
async def embeddings(request: HttpRequest) -> dict[str, Any]:
    """A vector for each text: of texts that mean the same, they point the same way.

    A text holds up to 512 tokens, a request up to 65,536. Longer ones are refused, not cut.
    """
    try:
        asked = parse_embedding(parse_json(request.body))
    except RequestError as error:
        raise ApiError(error.status, error.message, code=error.code, param=error.param) from error
    name = local_name(asked.model)
    if name != NAME:
        raise not_found("model", asked.model, param="model")
    if name != asked.model and not isinstance(asked.inputs[0], str):
        raise ApiError(
            400,
            f"input: {asked.model} stands for {NAME} here, whose tokens are others. Send text.",
            code="invalid_value",
            param="input",
        )
    body = asked.model_dump(exclude_none=True, exclude={"user"}) | {"model": name}
    try:
        return await EngineClient(settings.JUDGE_URL, settings.ENGINE_KEY).embeddings(body)
    except (EngineError, EngineUnavailable) as error:
        raise refusal(error) from error


def refusal(error: Exception) -> ApiError:
    """What the engine says, in the words of this API."""
    if isinstance(error, EngineError) and error.status in (400, 413):
        return ApiError(error.status, error.message, code=error.code, param="input")
    if isinstance(error, EngineError) and error.status == 429:
        return ApiError(429, error.message, code=error.code, headers={"Retry-After": "2"})
    if isinstance(error, EngineError) and error.status in (404, 503):
        text = "There is no encoder on this site, so there are no embeddings."
        return ApiError(503, text, code="encoder_missing", headers={"x-should-retry": "false"})
    text = "The encoder is not available right now. Try again in a few seconds."
    return ApiError(503, text, code="engine_unavailable", headers={"Retry-After": RETRY_SECONDS})
