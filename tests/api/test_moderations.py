"""`/v1/moderations` as the official client asks it, and what every answer says about the limit."""

from typing import Any

import openai
import pytest

TEXTS = ["I slept badly and I worry about my exam.", "I want to kill myself tonight."]


def test_texts_are_read_as_the_chat_would_read_them(alice_client: openai.OpenAI) -> None:
    found = alice_client.moderations.create(input=TEXTS, model="omni-moderation-latest")
    calm, grave = found.results
    assert found.id.startswith("modr-")
    assert found.model == "wukong-safety"
    assert (calm.flagged, grave.flagged) == (False, True)
    assert grave.categories.self_harm
    assert grave.category_scores.self_harm == 1.0
    assert grave.categories.hate is None  # not looked for: neither found nor ruled out
    more: Any = grave.model_dump()
    assert more["categories"]["suicide"] is True
    assert more["card"]["heading"]
    assert calm.model_dump()["card"] is None


def test_parts_of_text_are_texts(alice_client: openai.OpenAI) -> None:
    part: Any = {"type": "text", "text": TEXTS[1]}
    assert [one.flagged for one in alice_client.moderations.create(input=[part]).results] == [True]
    assert [one.flagged for one in alice_client.moderations.create(input="").results] == [False]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (None, "input"),
        ([], "input"),
        (["x"] * 33, "input"),
        (["x" * 20_001], "input[0]"),
        (["x", 7], "input[1]"),
        ([{"type": "image_url", "image_url": {"url": "data:,"}}], "input[0]"),
    ],
    ids=["none", "empty", "many", "long", "number", "picture"],
)
def test_what_is_no_text_is_named(alice_client: openai.OpenAI, given: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        alice_client.moderations.create(input=given)
    assert refused.value.param == param


def test_every_answer_says_how_many_requests_are_left(alice_client: openai.OpenAI) -> None:
    answers = [alice_client.models.with_raw_response.list().headers for _ in range(2)]
    answers.append(alice_client.moderations.with_raw_response.create(input="Hello").headers)
    limits = {int(headers["x-ratelimit-limit-requests"]) for headers in answers}
    left = [int(headers["x-ratelimit-remaining-requests"]) for headers in answers]
    assert len(limits) == 1
    assert all(0 <= one < max(limits) for one in left)
    # A minute may end in between, and the count then begins anew.
    assert any(later < earlier for earlier, later in zip(left, left[1:], strict=False))
    assert answers[0]["x-ratelimit-reset-requests"].rstrip("s").isdigit()
    with pytest.raises(openai.BadRequestError) as refused:
        alice_client.moderations.create(input=[])
    assert "x-ratelimit-remaining-requests" in refused.value.response.headers
