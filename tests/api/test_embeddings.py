"""`/v1/embeddings` as the official client asks it, of the site and its engine."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from chat.engine.embedding.protocol import DIMENSIONS, NAME

HOSTED = "text-embedding-3-small"


def test_the_client_gets_a_vector_for_each_text(alice_client: openai.OpenAI) -> None:
    # The client asks for base64 by itself and unpacks it.
    packed = alice_client.embeddings.create(model=NAME, input=["Tea.", "I cannot sleep."])
    assert (packed.object, packed.model) == ("list", NAME)
    assert [one.index for one in packed.data] == [0, 1]
    plain = alice_client.embeddings.create(
        model=NAME, input=["Tea.", "I cannot sleep."], encoding_format="float"
    )
    for first, second in zip(packed.data, plain.data, strict=True):
        assert len(first.embedding) == DIMENSIONS
        assert first.embedding == pytest.approx(second.embedding, abs=1e-6)
    assert packed.usage.prompt_tokens == packed.usage.total_tokens > 0


def test_tokens_and_roles(alice_client: openai.OpenAI) -> None:
    create = alice_client.embeddings.create
    assert len(create(model=NAME, input=[5, 6, 7]).data) == 1
    assert len(create(model=NAME, input=[[5, 6], [7]]).data) == 2
    query = create(model=NAME, input="Tea.").data[0].embedding
    passage = create(model=NAME, input="Tea.", extra_body={"input_type": "passage"}).data[0]
    assert query != pytest.approx(passage.embedding, abs=1e-4)


def test_a_hosted_name_is_answered_with_what_was_used(alice_client: openai.OpenAI) -> None:
    create = alice_client.embeddings.create
    named = create(model=HOSTED, input="Tea.")
    assert named.model == NAME
    own = create(model=NAME, input="Tea.").data[0].embedding
    assert named.data[0].embedding == pytest.approx(own, abs=1e-6)
    with pytest.raises(openai.BadRequestError) as refused:
        create(model=HOSTED, input=[9906, 1917])  # tokens of the hosted model's own vocabulary
    assert refused.value.param == "input"


@pytest.mark.parametrize(
    ("asked", "status", "param"),
    [
        ({"input": ""}, 400, "input"),
        ({"input": "a", "dimensions": 8}, 400, "dimensions"),
        ({"input": "a" * 600}, 400, "input"),
        ({"input": [99_999]}, 400, "input"),
        ({"input": "a", "model": "smollm2-135m-instruct"}, 404, "model"),
        ({"input": "a", "model": "nothing"}, 404, "model"),
    ],
)
def test_refusals_name_the_field(
    alice_client: openai.OpenAI, asked: dict[str, Any], status: int, param: str
) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        alice_client.embeddings.create(**{"model": NAME, **asked})
    assert refused.value.status_code == status
    error: Any = refused.value.body
    assert error["param"] == param
    assert "x-ratelimit-remaining-requests" in refused.value.response.headers


def test_what_an_engine_without_encoder_says_is_no_error_of_the_client() -> None:
    from chat.api.embeddings import refusal
    from chat.engine.exceptions import EngineError, EngineUnavailable

    for status in (404, 503):
        missing = refusal(EngineError(status, "encoder_missing", "see the log"))
        assert (missing.status, missing.code) == (503, "encoder_missing")
        assert missing.headers["x-should-retry"] == "false"
    assert refusal(EngineError(429, "engine_busy", "busy")).headers["Retry-After"]
    assert refusal(EngineUnavailable("gone")).status == 503
