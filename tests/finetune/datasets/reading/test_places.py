"""Where a record stands in its file: read again from there, it is the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.datasets.reading import json_lists
from finetune.datasets.reading.exceptions import RecordProblem
from finetune.datasets.reading.json_values import parse
from finetune.datasets.reading.limits import Limits
from finetune.datasets.reading.records import read_records
from finetune.datasets.reading.sniffing import Sniffed

LIMITS = Limits()
RECORDS = st.lists(
    st.dictionaries(st.text(max_size=6), st.text(max_size=30), min_size=1, max_size=3),
    min_size=1,
    max_size=12,
)


def check(path, container, start):
    reads = list(read_records(path, Sniffed(container, start), LIMITS))
    content = path.read_bytes()
    for read in reads:
        raw = content[read.start : read.start + read.size]
        again = parse(raw.strip(), LIMITS)
        if isinstance(read.value, RecordProblem):
            assert isinstance(again, RecordProblem)
            assert read.raw.strip() == raw.strip()
        else:
            assert again == read.value
            assert read.raw == b""
    assert len({read.line for read in reads}) == len(reads)
    return reads


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans())
def test_lines(tmp_path_factory, records, end, marked):
    path = tmp_path_factory.mktemp("lines") / "file"
    texts = [json.dumps(one, ensure_ascii=False) for one in records]
    texts.insert(len(texts) // 2, '{"broken": "é')
    body = ("\ufeff" if marked else "") + end.join(texts)
    path.write_bytes(body.encode())
    assert len(check(path, "jsonl", 3 if marked else 0)) == len(texts)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.sampled_from([",", ", ", ",\n", "\n ,\n\n"]), st.sampled_from(["", "\n", " "]))
@pytest.mark.parametrize("chunk", [7, 1 << 16])
def test_elements_of_a_list(tmp_path_factory, chunk, records, between, before):
    path = tmp_path_factory.mktemp("list") / "file"
    texts = [json.dumps(one, ensure_ascii=False) for one in records]
    texts.insert(len(texts) // 2, '{"broken" 1}')
    path.write_bytes(f"{before}[{before}{between.join(texts)}{before}]{before}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lists, "CHUNK", chunk)
        assert len(check(path, "json", 0)) == len(texts)
