"""Packed files and other encodings through the site: what the pages say of them."""

import gzip
import json
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.containers import ENCODING_WORDS, left_summary, read_from
from finetune.datasets.models import Dataset
from finetune.datasets.reading.encodings import ENCODINGS
from finetune.datasets.report import ReportView
from tests.conftest import ROOT
from tests.finetune.datasets.reading.containers.writing import jsonl, xlsx, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATASET_DIR = tmp_path / "datasets"
    settings.DATASET_DIR.mkdir()


def records(text="I cannot sleep, night %d."):
    return [
        {
            "messages": [
                {"role": "user", "content": text % number},
                {"role": "assistant", "content": "Tell me more about it."},
            ]
        }
        for number in range(12)
    ]


@pytest.fixture
def sent(client, alice, team):
    client.force_login(alice)

    def send(content, name, **fields):
        file = SimpleUploadedFile(name, content)
        answer = client.post(reverse("dataset-upload"), {"file": file, **fields})
        assert answer.status_code == 302, answer.content.decode()
        row = Dataset.objects.get()
        dataset_check(row.pk)
        row.refresh_from_db()
        return row, client.get(reverse("dataset", args=[row.public_id])).content.decode()

    return send


def test_the_page_names_what_was_read_of_an_archive_and_what_was_not(sent):
    files = {"a.jsonl": jsonl(records()), "b.jsonl": b"{broken\n", "README.md": b"Read me."}
    row, page = sent(zipped(files), "talks.zip")
    assert row.state == row.State.READY
    assert "Read from a ZIP archive" in page
    assert '<code dir="auto">README.md</code>' in page
    assert '<span class="note" dir="auto">b.jsonl:1</span>' in page
    assert "Files that were not read: README.md." in ReportView(row).summary


def test_the_page_names_the_sheet(sent):
    rows = [["question", "answer"], *([f"q{number}", f"a{number}"] for number in range(12))]
    row, page = sent(xlsx(rows, Notes=[["x"]]), "talks.xlsx")
    assert row.state == row.State.READY
    assert "Read from an Excel workbook" in page
    assert "Sheets that were not read:" in page
    assert "Sheets that were not read: Notes." in ReportView(row).summary


def test_another_encoding_is_asked_for_without_a_new_upload(sent, client):
    content = jsonl(records("我最近觉得自己什么都做不好，第 %d 天了。")).decode().encode("gb18030")
    row, page = sent(content, "talks.jsonl")
    assert row.state == row.State.FAILED
    assert "It looks like GB18030" in page
    assert '<option value="gb18030" selected>' in page
    answer = client.post(reverse("dataset-options", args=[row.public_id]), {"encoding": "gb18030"})
    assert answer.status_code == 302
    dataset_check(row.pk)
    row.refresh_from_db()
    assert row.state == row.State.READY
    page = client.get(reverse("dataset", args=[row.public_id])).content.decode()
    assert "Its text was read as GB18030" in page
    assert "我最近觉得自己什么都做不好" in page


def test_an_encoding_that_nobody_knows_is_refused(client, alice, team):
    client.force_login(alice)
    file = SimpleUploadedFile("a.jsonl", jsonl(records()))
    answer = client.post(reverse("dataset-upload"), {"file": file, "encoding": "rot13"})
    assert answer.status_code == 422
    assert not Dataset.objects.exists()


def test_plain_text_needs_no_word(sent):
    row, page = sent(jsonl(records()), "talks.jsonl")
    assert read_from(row.report) is None
    assert left_summary(row.report) == ""
    assert 'id="read-from"' not in page


def test_many_files_are_not_all_named(sent):
    files = {f"{number:02}.jsonl": jsonl(records()[number:][:1]) for number in range(12)}
    _, page = sent(zipped(files), "talks.zip")
    assert "and 4 more" in page


def test_what_comes_out_is_bounded_by_the_setting(sent, settings):
    settings.UPLOAD_MAX_EXPANDED_MB = 1
    row, page = sent(gzip.compress(jsonl(records()) * 900), "talks.jsonl.gz")
    assert row.problem["code"] == "archive_too_large"
    assert "the limit" in page


def test_looking_at_an_upload_needs_neither_pyarrow_nor_openpyxl(tmp_path):
    paths = []
    for number, content in enumerate((xlsx([["a", "b"]]), zipped({"a.jsonl": b"{}"}), b"PAR1")):
        paths.append(str(tmp_path / str(number)))
        (tmp_path / str(number)).write_bytes(content)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from finetune.datasets.reading.limits import Limits\n"
        "from finetune.datasets.reading.sniffing import sniff\n"
        f"found = [sniff(Path(path), Limits()).container for path in {paths!r}]\n"
        "print(json.dumps([found, [name for name in ('pyarrow', 'openpyxl') "
        "if name in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [["xlsx", "zip", "parquet"], []]


def test_every_encoding_has_its_words():
    assert {name: str(words) for name, words in ENCODING_WORDS.items()} == ENCODINGS
