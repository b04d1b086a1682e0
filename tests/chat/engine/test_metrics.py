"""`/metrics` of the engine: behind its key, and what it counts is what was answered."""

from __future__ import annotations

import httpx
import openai
from prometheus_client.parser import text_string_to_metric_families

from tests.chat.engine import tiny

Found = dict[tuple[str, str], float]


def read(world: tiny.World) -> Found:
    """Samples by name and their label, as Prometheus' own parser reads them."""
    headers = {"authorization": f"Bearer {tiny.KEY}"}
    answer = httpx.get(f"{world.url}/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [
        sample
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    ]
    return {(sample.name, "".join(sample.labels.values())): sample.value for sample in samples}


def test_a_key_is_needed(world: tiny.World) -> None:
    assert httpx.get(f"{world.url}/metrics").status_code == 401


def test_replies_tokens_and_times(world: tiny.World) -> None:
    before = read(world)
    client = openai.OpenAI(base_url=f"{world.url}/v1", api_key=tiny.KEY)
    usage = client.chat.completions.create(
        model="base", messages=tiny.HELLO, max_tokens=7, temperature=0
    ).usage
    assert usage is not None
    world.wait_idle()
    after = read(world)

    def more(name: str, label: str = "") -> float:
        return after[(f"wukong_engine_{name}", label)] - before[(f"wukong_engine_{name}", label)]

    assert more("replies_total", "whole") == 1
    assert more("replies_total", "failed") == 0
    assert more("tokens_total", "written") == usage.completion_tokens
    prompt = more("tokens_total", "read") + more("tokens_total", "remembered")
    assert prompt == usage.prompt_tokens
    assert more("first_token_seconds_count") == more("reply_seconds_count") == 1
    assert 0 < more("first_token_seconds_sum") <= more("reply_seconds_sum")
    assert after[("wukong_engine_ready", "")] == 1
    assert after[("wukong_engine_assistants_loaded", "")] >= 1


def test_one_that_is_left_is_counted_as_left(world: tiny.World) -> None:
    before = read(world)
    client = openai.OpenAI(base_url=f"{world.url}/v1", api_key=tiny.KEY)
    with client.chat.completions.create(
        model="base", messages=tiny.HELLO, max_tokens=1900, temperature=0, stream=True
    ) as stream:
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
    world.wait_idle(60)
    after = read(world)
    key = ("wukong_engine_replies_total", "left")
    assert after[key] == before[key] + 1
