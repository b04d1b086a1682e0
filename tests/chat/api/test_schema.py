"""What is documented of a request is what is checked."""

from pathlib import Path
from typing import Any

import pytest

from chat.api.schema import request_schema
from chat.engine.exceptions import RequestError
from chat.engine.options import Options
from chat.engine.protocol import ChatRequest, parse_chat

SCHEMA = request_schema()


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(assistants=tmp_path)


def test_every_field_is_documented(options: Options) -> None:
    assert set(ChatRequest.model_fields) <= set(SCHEMA["properties"])
    assert parse_chat(SCHEMA["example"], options).reply_tokens == 120
    assert "$ref" not in str(SCHEMA)


@pytest.mark.parametrize("name", SCHEMA["properties"])
def test_what_may_be_null_is_documented(options: Options, name: str) -> None:
    field: dict[str, Any] = SCHEMA["properties"][name]
    body = SCHEMA["example"] | {name: None}
    if name in SCHEMA["required"]:
        with pytest.raises(RequestError, match=name):
            parse_chat(body, options)
    else:
        assert name == "user" or {"type": "null"} in field["anyOf"]
        parse_chat(body, options)


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k", "n", "seed", "max_tokens"])
def test_limits_are_those_that_are_documented(options: Options, name: str) -> None:
    limits = SCHEMA["properties"][name]["anyOf"][0]
    for value in (limits["minimum"], limits["maximum"]):
        assert getattr(parse_chat(SCHEMA["example"] | {name: value}, options), name) == value
    for value in (limits["minimum"] - 1, limits["maximum"] + 1):
        with pytest.raises(RequestError, match=f"must be .* from {limits['minimum']} to"):
            parse_chat(SCHEMA["example"] | {name: value}, options)
