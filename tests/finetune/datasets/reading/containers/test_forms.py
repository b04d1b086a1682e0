"""Every kind of text in every packing and encoding: read as it is when it is plain."""

import gzip
import io
import json

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.glance import glance
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.encodings import Recoded

from .writing import parquet, xlsx, zipped

TALKS = [
    {
        "messages": [
            {"role": "user", "content": f"Frage {number}: schläfst du? 夜"},
            {"role": "assistant", "content": f"Nein, {number}."},
        ]
    }
    for number in range(400)
]
TEXTS = {
    "object": json.dumps({"version": 3, "data": TALKS, "licence": "CC"}, indent=1),
    "json": json.dumps(TALKS, indent=1),
    "jsonl": "\n".join(map(json.dumps, TALKS)),
    "text": "\n\n".join(
        f"Client: Night {number}?\nTherapist: Yes, {number}." for number in range(40)
    ),
    "telegram": json.dumps(
        {
            "name": "Ann",
            "type": "personal_chat",
            "id": 1,
            "messages": [
                {
                    "id": number,
                    "type": "message",
                    "date": f"2024-01-{number // 2 + 1:02}T10:{number % 2:02}:00",
                    "from": ("Ann", "Bob")[number % 2],
                    "from_id": f"user{number % 2}",
                    "text": f"Words {number}",
                }
                for number in range(40)
            ],
        }
    ),
    "whatsapp": "\n".join(
        f"{number // 2 + 1:02}/01/24, 10:{number % 2:02} - {('Ann', 'Bob')[number % 2]}: W {number}"
        for number in range(40)
    ),
}
WAYS = {
    "gz": lambda text: gzip.compress(text.encode()),
    "zip": lambda text: zipped({"a.json": text.encode()}),
    "utf-16": lambda text: text.encode("utf-16"),
    "old line ends": lambda text: text.replace("\n", "\r").encode(),
    "gz of utf-16 with old line ends": lambda text: gzip.compress(
        text.replace("\n", "\r").encode("utf-16-le").join([b"\xff\xfe", b""])
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TEXTS)
def test_read_as_the_plain_one(tmp_path, kind, way):
    options = Options(speaker="Bob", consent=True)
    found = {}
    for name, content in (("plain", TEXTS[kind].encode()), (way, WAYS[way](TEXTS[kind]))):
        path = tmp_path / name.replace(" ", "-")
        path.write_bytes(content)
        report = examine(path, tmp_path / f"{path.name}-out", options)
        shown = glance(path, options)
        kept = (tmp_path / f"{path.name}-out" / "train.jsonl").read_text("utf-8")
        lines = [one["line"] for one in report.preview]
        found[name] = (report.container, report.beside, kept, lines, shown.preview[0]["messages"])
    assert found["plain"][0] == kind
    assert found["plain"] == found[way]


def test_several_wrapped_files_are_one(tmp_path):
    halves = (TALKS[:200], TALKS[200:])
    path = tmp_path / "upload"
    path.write_bytes(
        zipped(
            {
                f"{number}.json": json.dumps({"about": "x", "data": half}).encode()
                for number, half in enumerate(halves)
            }
        )
    )
    report = examine(path, tmp_path / "out")
    assert (report.dialogues, report.errors, report.beside) == (400, 0, ["about"])


@pytest.mark.parametrize("way", ["gz", "zip", "parquet", "xlsx", "utf-16"])
def test_reading_can_be_watched_and_broken_off(tmp_path, way):
    path = tmp_path / "upload"
    if way == "parquet":
        path.write_bytes(parquet(TALKS))
    elif way == "xlsx":
        path.write_bytes(xlsx([["question", "answer"], *([f"q{n}", f"a{n}"] for n in range(300))]))
    else:
        path.write_bytes(WAYS[way](TEXTS["jsonl"]))
    told = []
    examine(path, tmp_path / "out", watch=told.append)
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
    assert len(told) > 1

    class Enough(Exception):
        pass

    def stop(_read):
        raise Enough

    with pytest.raises(Enough):
        examine(path, tmp_path / "other", watch=stop)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("place", [0, 1, 70_000, 150_000])
def test_a_recoded_stream_is_sought(place):
    text = "".join(f"夜 {number} é\n" for number in range(20_000))
    stream = io.BufferedReader(Recoded(io.BytesIO(text.encode("utf-16-le")), "utf-16-le"), 4096)
    whole = text.encode()
    assert stream.read(100_000) == whole[:100_000]
    stream.seek(place)
    assert stream.tell() == place
    assert stream.read(5000) == whole[place : place + 5000]
    assert stream.tell() == place + 5000
