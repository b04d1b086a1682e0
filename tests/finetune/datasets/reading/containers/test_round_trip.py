"""The same dialogues come out of every container."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.limits import Limits

from .writing import CONTAINERS, Records, jsonl, parquet

# What XML 1.0 can hold, since xlsx is made of it; it makes line feeds of carriage returns.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t"),
    min_size=1,
    max_size=40,
).map(lambda text: f"a{text}b")


@st.composite
def dialogues(draw: Any) -> Records:
    records = []
    for number in range(draw(st.integers(3, 14))):
        turns = [{"role": "system", "content": draw(texts)}] if draw(st.booleans()) else []
        for turn in range(draw(st.integers(1, 3))):
            turns.append({"role": "user", "content": f"{number}.{turn} {draw(texts)}"})
            turns.append({"role": "assistant", "content": draw(texts)})
        records.append({"messages": turns})
    return records


def examined(content: bytes, **options: Any) -> tuple[bytes, bytes, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        report = examine(
            path, Path(folder) / "out", Options(limits=Limits(min_dialogues=1), **options)
        )
        parts = [Path(folder) / "out" / name for name in ("train.jsonl", "validation.jsonl")]
        return parts[0].read_bytes(), parts[1].read_bytes(), report


@pytest.mark.parametrize("container", CONTAINERS)
@settings(max_examples=12, deadline=None)
@given(records=dialogues())
def test_round_trip(container: str, records: Records) -> None:
    train, validation, _ = examined(jsonl(records))
    found = examined(CONTAINERS[container](records))
    assert found[:2] == (train, validation)
    report = found[2]
    assert (report.errors, report.format) == (0, "openai")
    assert report.dialogues == len(records)


def test_a_null_in_a_struct_is_nothing() -> None:
    """Arrow writes every key of one turn into all of them."""
    records = [
        {
            "messages": [
                {"role": "user", "content": f"q{number}"},
                {"role": "assistant", "content": "a", "weight": number % 2},
                {"role": "user", "content": "again"},
                {"role": "assistant", "content": "b", "weight": 1},
            ]
        }
        for number in range(4)
    ]
    assert examined(parquet(records))[:2] == examined(jsonl(records))[:2]


@pytest.mark.parametrize(
    ("encoding", "question"),
    [
        ("gb18030", "你好，我最近觉得自己什么都做不好，晚上也睡不着。"),
        ("big5", "你好，我最近覺得自己什麼都做不好，晚上也睡不著。"),
        ("shift_jis", "こんにちは、最近よく眠れないのですが、どうすればいいですか。"),
        ("euc_jp", "こんにちは、最近よく眠れないのですが、どうすればいいですか。"),
        ("cp949", "안녕하세요, 요즘 잠이 잘 오지 않아요. 어떻게 해야 하나요?"),
        ("cp1252", "Je me sens très fatigué, et je n’arrive même plus à dormir la nuit…"),
        ("cp1250", "Czuję się bardzo zmęczony, a w nocy nie mogę już spać. Żałuję."),
        ("cp1251", "Здравствуйте, я очень плохо сплю и не знаю, что мне делать."),
        ("koi8-r", "Здравствуйте, я очень плохо сплю и не знаю, что мне делать."),
        ("utf-16-le", "I sleep badly."),
        ("utf-16-be", "I sleep badly."),
    ],
)
def test_another_encoding_is_guessed_and_read_when_it_is_chosen(
    encoding: str, question: str
) -> None:
    from finetune.datasets.reading.exceptions import DatasetRefused

    records: Records = [
        {
            "messages": [
                {"role": "user", "content": f"{number} {question}"},
                {"role": "assistant", "content": "Tell me more."},
            ]
        }
        for number in range(12)
    ]
    content = jsonl(records).decode().encode(encoding)
    with pytest.raises(DatasetRefused) as refused:
        examined(content)
    assert refused.value.code == "encoding"
    assert refused.value.report == {"encoding_guess": encoding}
    read = examined(content, encoding=encoding)
    assert read[:2] == examined(jsonl(records))[:2]
    assert read[2].encoding == encoding
