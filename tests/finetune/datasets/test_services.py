"""Uploads: what is refused leaves nothing; what is kept is checked and can be taken back."""

import shutil
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from finetune.datasets import services as service
from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.exceptions import StudioError, UploadRefused

pytestmark = pytest.mark.django_db


def folders(settings):
    return {path.name for path in Path(settings.DATASET_DIR).iterdir()}


@pytest.fixture
def upload(team, alice):
    def send(content, name="talks.jsonl", **options):
        return service.dataset_upload(
            team=team, user=alice, file=SimpleUploadedFile(name, content), **options
        )

    return send


def test_the_demo_set_is_clean(dataset):
    report = dataset.report
    assert report["dialogues"] >= 150
    assert report["errors"] == 0
    assert report["train"]["dialogues"] + report["validation"]["dialogues"] == report["dialogues"]


def test_empty_file(upload, settings):
    before = folders(settings)
    with pytest.raises(UploadRefused, match="empty"):
        upload(b"")
    assert folders(settings) == before


def test_too_large(upload, settings):
    settings.UPLOAD_MAX_MB = 0
    before = folders(settings)
    with pytest.raises(UploadRefused, match="limit"):
        upload(b"{}")
    assert folders(settings) == before


def test_full_disk(upload, settings, monkeypatch):
    before = folders(settings)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(service.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UploadRefused, match="disk is nearly full"):
        upload(b"{}")
    assert folders(settings) == before


def test_disk_that_fills_up_while_writing(upload, settings, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service.os, "fsync", full)
    before = folders(settings)
    with pytest.raises(UploadRefused, match="No space left"):
        upload(b"{}")
    assert folders(settings) == before
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\talks.jsonl", "talks.jsonl"),
        ("a\x00b\n.jsonl", "ab.jsonl"),
        ("", "upload"),
        ("x" * 900, "x" * 200),
    ],
)
def test_file_names_are_only_shown(given, kept):
    assert service.safe_filename(given) == kept


def test_recheck_with_another_split(dataset):
    service.dataset_recheck(dataset=dataset, options={"validation_fraction": 0.5, "seed": 3})
    dataset_check(dataset.pk)
    dataset.refresh_from_db()
    report = dataset.report
    assert report["validation"]["dialogues"] == pytest.approx(report["dialogues"] / 2, abs=1)


def test_delete_waits_for_runs(dataset, run_made, django_capture_on_commit_callbacks):
    with pytest.raises(StudioError, match="still uses"):
        service.dataset_delete(dataset=dataset)
    run_made.state = "cancelled"
    run_made.save()
    with django_capture_on_commit_callbacks(execute=True):
        service.dataset_delete(dataset=dataset)
    assert not dataset.folder.exists()
