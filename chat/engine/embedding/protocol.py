"""OpenAI's embeddings protocol as data: what a request may hold, how an answer is shaped.

The one definition for the engine, for the REST endpoint and for its documentation; no torch, no
server, no Django.
"""

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from chat.engine.exceptions import RequestError

NAME = "multilingual-e5-small"
DIMENSIONS = 384
MOST_INPUTS = 2_048
MOST_TOKENS = 65_536  # of one request
LARGEST_TOKEN = 2**31 - 1

Token = Annotated[int, Field(ge=0, le=LARGEST_TOKEN)]
Text = Annotated[str, Field(min_length=1)]
Tokens = Annotated[list[Token], Field(min_length=1, fail_fast=True)]
Texts = Annotated[list[Text], Field(min_length=1, fail_fast=True)]
TokenLists = Annotated[list[Tokens], Field(min_length=1, fail_fast=True)]

_INPUT = "a text, a list of texts, a list of token numbers, or a list of such lists; none empty"
WORDS = {
    "model": "the name of an encoder is required",
    "encoding_format": "must be float or base64",
    "input_type": "must be query or passage",
    "dimensions": "must be a whole number",
    "user": "must be text of up to 200 characters",
}


class EmbeddingRequest(BaseModel):
    """A request for vectors; a field that is null is as if it were left out."""

    model_config = ConfigDict(strict=True, frozen=True)

    model: str = Field(min_length=1, max_length=200, description=f"`{NAME}`.")
    input: Text | Tokens | Texts | TokenLists = Field(
        description=f"A text, or up to {MOST_INPUTS}. Or token numbers of this encoder's own "
        "tokenizer, without those that begin and end a text."
    )
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="`base64`: float32, little-endian."
    )
    dimensions: int | None = Field(
        None, description=f"Only {DIMENSIONS}: this encoder's vectors cannot be cut shorter."
    )
    input_type: Literal["query", "passage"] = Field(
        "query",
        description="The encoder knows two roles. `passage`: texts that are searched in. "
        "`query`: what is searched for, and every text where both sides are alike.",
    )
    user: str | None = Field(None, max_length=200, description="Taken, and not kept.")

    @property
    def inputs(self) -> list[str] | list[list[int]]:
        """What is asked about, always as a list."""
        given: Any = self.input
        single = isinstance(given, str) or isinstance(given[0], int)
        return [given] if single else given


def parse_embedding(body: dict[str, Any]) -> EmbeddingRequest:
    """Check every field; unknown ones are ignored.

    Raises:
        RequestError: 400, `param` names the field.
    """
    given = {name: value for name, value in body.items() if value is not None}
    inputs = given.get("input")
    if isinstance(inputs, list) and len(inputs) > MOST_INPUTS and not isinstance(inputs[0], int):
        raise _bad("input", f"{len(inputs)} of them; at most {MOST_INPUTS} at once")
    try:
        asked = EmbeddingRequest.model_validate(given)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None
    if asked.dimensions not in (None, DIMENSIONS):
        raise _bad(
            "dimensions",
            f"only {DIMENSIONS}, since this encoder was not trained to be cut shorter; leave it "
            "out",
        )
    return asked


def _refusal(error: ErrorDetails) -> RequestError:
    name = str(error["loc"][0])
    if name == "input":  # which of its forms was meant cannot be known, so all are named
        missing = error["type"] == "missing"
        return _bad(name, f"must be {_INPUT}", "missing_required_parameter" if missing else None)
    code = "missing_required_parameter" if error["type"] == "missing" else None
    return _bad(name, WORDS[name], code)


def _bad(param: str, reason: str, code: str | None = None) -> RequestError:
    return RequestError(f"{param}: {reason}.", param=param, code=code or "invalid_value")


def embedding_answer(
    asked: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
) -> dict[str, Any]:
    """The answer to a request: one vector for each input, in their order."""
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector, asked)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": asked.model, "usage": usage}


def _written(vector: Sequence[float], asked: EmbeddingRequest) -> str | list[float]:
    if asked.encoding_format == "float":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
