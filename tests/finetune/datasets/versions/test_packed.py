"""Versions of what is packed, in columns or in another encoding: without places in a file, records
are read again, and lines are counted on over the files of an archive."""

import gzip
import json

import pytest

from finetune.datasets.checking import options_of
from finetune.datasets.selectors import dataset_problems
from finetune.datasets.versions import changes
from finetune.datasets.versions.proposals import Proposals
from tests.finetune.datasets.reading.containers.writing import parquet, zipped

from .conftest import lines, talk

pytestmark = pytest.mark.django_db
BROKEN = (
    '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}],}'
)
NEW = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good evening."}]


def shape(form):
    text = lines(12, BROKEN)
    if form == "gz":
        return gzip.compress(text.encode())
    if form == "utf-16":
        return text.encode("utf-16")
    if form == "old line ends":
        return text.replace("\n", "\r").encode()
    return zipped({"a.jsonl": lines(12).encode(), "b.jsonl": BROKEN.encode() + b"\n"})


@pytest.mark.parametrize("form", ["gz", "utf-16", "old line ends", "zip"])
def test_a_bad_line_is_mended(made, changed, records, form):
    first = made(shape(form))
    assert first.state == "ready", first.problem
    (problem,) = dataset_problems(first, offset=0, limit=10)
    assert (problem["line"], problem["start"], problem["size"]) == (13, -1, 0)
    assert problem["fixable"]
    assert Proposals(first.folder, first.report, options_of(first.options)).fix(problem)
    for change in (changes.fix(13), changes.fix_all()):
        second = changed(first, change)
        assert second.state == "ready"
        assert [one["content"] for one in records(second)[-1]["messages"]] == ["Hi", "Yes"]


def test_lines_of_an_archive_are_told_apart(made, changed, records):
    both = {
        "a.jsonl": lines(12).encode(),
        "b.jsonl": "\n".join(json.dumps(talk(number)) for number in range(50, 60)).encode(),
    }
    first = made(zipped(both))
    assert first.report["dialogues"] == 22
    second = changed(first, changes.edit(14, NEW), changes.exclude(2))
    kept = records(second)
    assert len(kept) == 21
    assert kept[12] == {"messages": NEW, "source": "line 2 of b.jsonl of version 1"}
    assert kept[1]["messages"] == talk(2)["messages"]


def test_rows_in_columns(made, changed, records):
    first = made(parquet([talk(number) for number in range(12)]))
    second = changed(first, changes.edit(3, NEW))
    assert [row["messages"] for row in records(second)][2] == NEW
    assert second.report["container"] == "jsonl"


def test_a_chosen_encoding_is_not_asked_of_the_new_file(made, changed, records):
    text = "\n".join(
        json.dumps(talk(f"{number} 我最近觉得自己什么都做不好"), ensure_ascii=False)
        for number in range(12)
    )
    first = made(text.encode("gb18030"), options={"encoding": "gb18030"})
    second = changed(first, changes.exclude(1))
    assert second.state == "ready"
    assert records(second)[0]["messages"] == json.loads(text.split("\n")[1])["messages"]
    assert "encoding" not in second.options
