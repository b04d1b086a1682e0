"""`POST /v1/embeddings` of a real engine process: with a tiny encoder, without, with the real."""

import asyncio
import base64
import doctest
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tokenizers import Tokenizer

from chat.engine.client import EngineClient
from chat.engine.embedding import embedder
from chat.engine.embedding.protocol import DIMENSIONS, MOST_TOKENS, NAME
from chat.engine.exceptions import QueueFull
from chat.engine.judging.judge import Judge
from chat.engine.judging.sources import is_there
from tests.chat.engine import tiny, tiny_encoder

ENCODERS = tiny.ROOT / "var" / "encoders"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder.save(tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="module")
def embedding(files: tiny.World, encoder: Path) -> Iterator[tiny.World]:
    with tiny.engine(tiny.World(files.folder), "--encoders", str(encoder.parent)) as running:
        yield running


def post(world: tiny.World, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {tiny.KEY}"}
    asked = {"model": NAME, **body}
    return httpx.post(f"{world.url}/v1/embeddings", json=asked, headers=headers, timeout=120)


def vectors(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert [one["index"] for one in data] == list(range(len(data)))
    return np.array([one["embedding"] for one in data])


def test_texts_become_unit_vectors_in_their_order(embedding: tiny.World) -> None:
    texts = ["A long sentence about sleep and exams and more.", "Tea.", "Bread, and butter."] * 9
    together = vectors(post(embedding, input=texts))
    assert together.shape == (27, DIMENSIONS)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([vectors(post(embedding, input=text)) for text in texts[:3]])
    assert together[:3] == pytest.approx(alone, abs=1e-4)  # batches differ
    assert together[3:6] == pytest.approx(alone, abs=1e-4)
    assert np.abs(alone[0] - alone[1]).max() > 0.01


def test_tokens_are_what_their_text_is(embedding: tiny.World, encoder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    texts = ["Tea.", "I cannot sleep."]
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    answers = [post(embedding, input=given) for given in (texts, ids, ids[1])]
    assert vectors(answers[1]) == pytest.approx(vectors(answers[0]), abs=1e-6)
    assert vectors(answers[2])[0] == pytest.approx(vectors(answers[0])[1], abs=1e-4)
    used = [answer.json()["usage"] for answer in answers]
    prefix = len(tokenizer.encode("query:").ids)  # with the two that begin and end a text
    assert used[0]["prompt_tokens"] == used[0]["total_tokens"] == sum(map(len, ids)) + 2 * prefix
    assert used[1] == used[0]


def test_base64_holds_the_same_numbers_and_roles_differ(embedding: tiny.World) -> None:
    plain = vectors(post(embedding, input="Tea."))[0]
    packed = post(embedding, input="Tea.", encoding_format="base64").json()["data"][0]["embedding"]
    assert struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(packed)) == pytest.approx(plain)
    passage = vectors(post(embedding, input="Tea.", input_type="passage"))[0]
    assert np.abs(passage - plain).max() > 0.001


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "missing_required_parameter", "input"),
        ({"input": None}, 400, "missing_required_parameter", "input"),
        ({"input": ""}, 400, "invalid_value", "input"),
        ({"input": []}, 400, "invalid_value", "input"),
        ({"input": ["a", ""]}, 400, "invalid_value", "input"),
        ({"input": [1, "a"]}, 400, "invalid_value", "input"),
        ({"input": [True]}, 400, "invalid_value", "input"),
        ({"input": [[]]}, 400, "invalid_value", "input"),
        ({"input": [-1]}, 400, "invalid_value", "input"),
        ({"input": [10_000]}, 400, "invalid_value", "input"),
        ({"input": ["Tea.", "Привет"]}, 400, "unknown_script", "input"),
        ({"input": ["a"] * 2_049}, 400, "invalid_value", "input"),
        ({"input": "a" * 600}, 400, "context_length_exceeded", "input"),
        ({"input": ["a" * 500] * (MOST_TOKENS // 500)}, 400, "invalid_value", "input"),
        ({"input": "a", "dimensions": 256}, 400, "invalid_value", "dimensions"),
        ({"input": "a", "encoding_format": "int8"}, 400, "invalid_value", "encoding_format"),
        ({"input": "a", "input_type": "both"}, 400, "invalid_value", "input_type"),
        ({"input": "a", "user": 3}, 400, "invalid_value", "user"),
        ({"input": "a", "model": None}, 400, "missing_required_parameter", "model"),
        ({"input": "a", "model": "text-embedding-3-small"}, 404, "model_not_found", "model"),
    ],
)
def test_what_cannot_be_used_is_named(
    embedding: tiny.World, body: dict[str, Any], status: int, code: str, param: str
) -> None:
    answer = post(embedding, **body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == (code, param)


def test_its_own_number_of_dimensions_may_be_asked_for(embedding: tiny.World) -> None:
    assert vectors(post(embedding, input="Tea.", dimensions=DIMENSIONS)).shape == (1, DIMENSIONS)


def test_an_engine_without_an_encoder_says_so_each_time(world: tiny.World) -> None:
    for _ in range(2):
        answer = post(world, input="Tea.")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "encoder_missing"
        assert answer.headers["x-should-retry"] == "false"
    assert world.health()["ready"]


async def test_more_requests_than_may_wait_are_refused(encoder: Path) -> None:
    made = embedder.Embedder(Judge(encoder.parent))
    asked = embedder.EmbeddingRequest(model=NAME, input="Tea.")

    async def gone() -> bool:
        return False

    try:
        answers = await asyncio.gather(
            *(made.embed(asked, gone) for _ in range(embedder.WAITING + 3)), return_exceptions=True
        )
        assert sum(isinstance(one, QueueFull) for one in answers) == 3
        assert sum(isinstance(one, tuple) for one in answers) == embedder.WAITING
        assert made.waiting == 0
    finally:
        made.judge.close()


async def test_who_has_gone_is_computed_for_no_further(encoder: Path) -> None:
    made = embedder.Embedder(Judge(encoder.parent))
    asked = embedder.EmbeddingRequest(model=NAME, input=["a" * 400] * 20)
    looks = 0

    async def gone() -> bool:
        nonlocal looks
        looks += 1
        return looks == 2

    try:
        found, _ = await made.embed(asked, gone)
        assert looks == 2
        assert 0 < sum(map(bool, found)) < 20
    finally:
        made.judge.close()


def test_batches_hold_what_they_may() -> None:
    assert doctest.testmod(embedder).failed == 0
    lengths = [7, 512, 3, 400, 5, 6, 90, 512] * 40
    made = list(embedder.batches(lengths))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        assert max(lengths[place] for place in batch) * len(batch) <= embedder.BATCH_TOKENS


@pytest.mark.real_model
def test_the_real_encoder_tells_what_is_alike(files: tiny.World) -> None:
    if not is_there(ENCODERS):
        pytest.skip(f"no encoder: python -m chat.engine.judging.sources {ENCODERS}")
    with tiny.engine(tiny.World(files.folder), "--encoders", str(ENCODERS)) as running:
        for text in ("Привет, как дела?", "สวัสดี", "잠이 안 와요"):  # scripts without pieces
            assert post(running, input=text).json()["error"]["code"] == "unknown_script"
        texts = ["I cannot fall asleep at night.", "晚上我睡不着。", "The train leaves at nine."]
        sleepless, in_chinese, train = vectors(post(running, input=texts))
        assert sleepless @ in_chinese > sleepless @ train + 0.05
        client = EngineClient(running.url)
        # The judges' encoder, which shares its table of tokens, still judges.
        grave, calm = asyncio.run(
            client.judge("person", ["i have been thinking about how to end my life", "we baked"])
        )
        assert grave["danger"] > 0.5 > calm["danger"]
