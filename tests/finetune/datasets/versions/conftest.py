"""Checked data sets of any text, and versions of them."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_upload
from finetune.datasets.versions.services import version_make


def talk(number, **more):
    """A short dialogue unlike any other number's."""
    return {
        "messages": [
            {"role": "user", "content": f"I cannot sleep, night {number}."},
            {"role": "assistant", "content": f"That sounds exhausting, all {number} of them."},
        ],
        **more,
    }


def lines(count=20, *more):
    return "\n".join([*(json.dumps(talk(number)) for number in range(count)), *more])


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATASET_DIR = tmp_path / "datasets"
    settings.DATASET_DIR.mkdir()


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """Ids of the checks that were sent to the worker."""
    sent = []
    for module in ("finetune.datasets.services", "finetune.datasets.versions.services"):
        monkeypatch.setattr(f"{module}.enqueue_check", lambda row: sent.append(row.pk))
    return sent


@pytest.fixture
def made(team, alice):
    """Make a checked data set from text or bytes."""

    def make(content, filename="nights.jsonl", **values) -> Dataset:
        raw = content if isinstance(content, bytes) else content.encode()
        file = SimpleUploadedFile(filename, raw)
        row = dataset_upload(team=team, user=alice, file=file, **values)
        dataset_check(row.pk)
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def changed(alice):
    """Make the next version of a data set, as a worker does."""

    def change(dataset, *changes, **values) -> Dataset:
        row = version_make(dataset=dataset, user=alice, changes=changes, **values)
        dataset_check(row.pk)
        row.refresh_from_db()
        return row

    return change


@pytest.fixture
def records():
    """The records of a version's own file."""

    def read(row):
        return [json.loads(line) for line in row.original_file.read_text("utf-8").splitlines()]

    return read
