"""`POST /v1/judgements` of a real engine process, without encoders and with the real one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chat.engine.client import EngineClient
from chat.engine.exceptions import EngineError, EngineUnavailable
from chat.engine.judging.sources import is_there
from chat.safety.detection import read, units
from chat.safety.levels import Level
from tests.chat.engine import tiny

ENCODERS = tiny.ROOT / "var" / "encoders"
HEADERS = {"Authorization": f"Bearer {tiny.KEY}"}


def post(world: tiny.World, body: object) -> httpx.Response:
    return httpx.post(f"{world.url}/v1/judgements", json=body, headers=HEADERS, timeout=30)


def test_an_engine_without_encoders_says_so_and_talks_on(world: tiny.World) -> None:
    response = post(world, {"kind": "person", "texts": ["I feel low today."]})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "judge_unavailable"
    assert world.health()["ready"]
    client = EngineClient(world.url, tiny.KEY)
    assert asyncio.run(tiny.whole(client, "base", tiny.HELLO, max_tokens=2)).finish_reason
    with pytest.raises(EngineError, match="cannot judge"):
        asyncio.run(client.judge("person", ["I feel low today."]))


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"texts": ["a"]}, "kind"),
        ({"kind": "cat", "texts": ["a"]}, "kind"),
        ({"kind": "person"}, "texts"),
        ({"kind": "person", "texts": "a"}, "texts"),
        ({"kind": "person", "texts": [3]}, "texts[0]"),
        ({"kind": "person", "texts": ["a"] * 129}, "texts"),
        ({"kind": "person", "texts": ["a" * 8_001]}, "texts[0]"),
    ],
)
def test_a_bad_request_names_the_field(world: tiny.World, body: dict, param: str) -> None:
    response = post(world, body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


def test_a_key_is_needed(world: tiny.World) -> None:
    body = {"kind": "person", "texts": ["a"]}
    assert httpx.post(f"{world.url}/v1/judgements", json=body).status_code == 401


def test_nothing_to_judge_asks_nobody() -> None:
    assert asyncio.run(EngineClient("http://127.0.0.1:9").judge("person", [])) == []
    with pytest.raises(EngineUnavailable):
        asyncio.run(EngineClient("http://127.0.0.1:9").judge("person", ["a"]))


@pytest.fixture(scope="module")
def judging(files: tiny.World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tiny.World]:
    if not is_there(ENCODERS):
        pytest.skip(f"no encoder: python -m chat.engine.judging.sources {ENCODERS}")
    with tiny.engine(tiny.World(files.folder), "--encoders", str(ENCODERS)) as running:
        yield running


@pytest.mark.real_model
class TestRealEncoder:
    def test_scores_tell_danger_from_ordinary_talk(self, judging: tiny.World) -> None:
        client = EngineClient(judging.url)
        texts = ["i have been thinking about how to end my life", "we baked bread and it rose"]
        grave, calm = asyncio.run(client.judge("person", texts))
        assert set(grave) == set(calm)
        assert grave["danger"] > 0.5 > calm["danger"]
        assert all(0 <= score <= 1 for score in grave.values())

    def test_a_message_is_read_with_its_scores(self, judging: tiny.World) -> None:
        text = "Everything is sorted out. I will not live to see another winter."
        history = [{"role": "user", "content": "Nothing helps me."}]
        looked_at = units(text, history)
        scores = asyncio.run(EngineClient(judging.url).judge("person", looked_at))
        assert read(text, history, scores=scores).level > Level.ORDINARY

    def test_answers_keep_the_order_and_languages(self, judging: tiny.World) -> None:
        texts = [f"this is sentence number {number}" for number in range(40)]
        mixed = [*texts, "aku capek banget sama skripsi", *texts]
        body = post(judging, {"kind": "person", "texts": mixed}).json()
        assert [each["language"] for each in body["data"]] == ["en"] * 40 + ["other"] + ["en"] * 40
        for first, again in zip(body["data"][:40], body["data"][41:], strict=True):
            assert again["scores"] == pytest.approx(first["scores"], abs=1e-3)  # batches differ
        assert body["data"][40]["scores"] == {}

    def test_a_reply_goes_on_while_texts_are_judged(self, judging: tiny.World) -> None:
        client = EngineClient(judging.url)

        async def both() -> tuple[str, list[dict[str, float]]]:
            reply = tiny.whole(client, "base", tiny.HELLO, max_tokens=60)
            texts = [f"a sentence that nobody has judged before, {n}" for n in range(32)]
            said, scores = await asyncio.gather(reply, client.judge("person", texts))
            return said.finish_reason or "", scores

        ended, scores = asyncio.run(both())
        assert ended == "length"
        assert len(scores) == 32


def test_the_log_says_what_is_missing(files: tiny.World, tmp_path: Path) -> None:
    with tiny.engine(tiny.World(files.folder), "--encoders", str(tmp_path)) as running:
        port = running.url.rsplit(":", 1)[1]
        assert post(running, {"kind": "person", "texts": ["hello"]}).status_code == 503
        log = (files.folder / f"engine-{port}.log").read_text()
    assert f"there is no encoder at {tmp_path / 'e5'}" in log
