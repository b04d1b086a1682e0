"""Parts: what has arrived stays, what is wrong is refused, nothing is left of what was given up."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from finetune.datasets import services as datasets
from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.parts import assembling, services
from finetune.datasets.parts.models import Upload, UploadPart
from finetune.datasets.parts.selectors import bytes_promised, numbers_there, upload_state
from finetune.exceptions import UploadRefused
from tests.finetune.conftest import dialogue
from tests.tiny_disk import tiny_disk

pytestmark = pytest.mark.django_db
BODY = "".join(json.dumps(dialogue(number)) + "\n" for number in range(30)).encode()


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    for name in ("DATASET_DIR", "UPLOAD_PART_DIR"):
        folder = tmp_path / name
        folder.mkdir()
        setattr(settings, name, folder)


@pytest.fixture
def begun(team, alice):
    def begin(**values):
        given = {"team": team, "user": alice, "filename": "talks.jsonl", "size": len(BODY)}
        return services.upload_create(**{**given, **values})

    return begin


def send(upload, body, **values):
    return services.part_add(upload=upload, file=SimpleUploadedFile("part", body), **values)


def left(settings):
    folders = (settings.DATASET_DIR, settings.UPLOAD_PART_DIR)
    return sorted(str(path) for folder in folders for path in Path(folder).rglob("*"))


def test_parts_in_any_order_become_the_file(begun, settings, django_capture_on_commit_callbacks):
    upload = begun()
    cuts = sorted(random.Random(3).sample(range(1, len(BODY)), 4))
    pieces = [BODY[a:b] for a, b in zip([0, *cuts], [*cuts, len(BODY)], strict=True)]
    ids = {place: send(upload, pieces[place]).public_id for place in (3, 0, 4, 1, 2)}
    order = [ids[place] for place in range(5)]
    with django_capture_on_commit_callbacks(execute=True):
        done = assembling.upload_complete(
            upload=upload, part_ids=order, md5=hashlib.md5(BODY).hexdigest().upper()
        )
    assert done.state == "completed"
    assert done.dataset.original_file.read_bytes() == BODY
    assert done.dataset.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (done.dataset.bytes, done.dataset.name) == (len(BODY), "talks")
    assert not list(Path(settings.UPLOAD_PART_DIR).iterdir())
    again = assembling.upload_complete(upload=done, part_ids=order)
    assert (again.dataset, Dataset.objects.count()) == (done.dataset, 1)
    dataset_check(done.dataset.pk)
    done.dataset.refresh_from_db()
    assert (done.dataset.state, done.dataset.report["dialogues"]) == ("ready", 30)


@pytest.mark.parametrize(
    ("choose", "code"),
    [
        (lambda ids: [*ids, "part_none"], "invalid_value"),
        (lambda ids: [ids[0], ids[0]], "invalid_value"),
        (lambda ids: ids[:1], "bytes_mismatch"),
        (lambda ids: [], "bytes_mismatch"),
    ],
)
def test_wrong_lists_of_parts_are_refused_and_can_be_corrected(begun, choose, code):
    upload = begun()
    ids = [send(upload, BODY[:100]).public_id, send(upload, BODY[100:]).public_id]
    with pytest.raises(UploadRefused) as refused:
        assembling.upload_complete(upload=upload, part_ids=choose(ids))
    assert (refused.value.code, refused.value.field) == (code, "part_ids")
    assert assembling.upload_complete(upload=upload, part_ids=ids).state == "completed"


def test_parts_of_another_upload_are_unknown(begun):
    one, other = begun(), begun()
    part = send(other, BODY)
    with pytest.raises(UploadRefused, match="no part"):
        assembling.upload_complete(upload=one, part_ids=[part.public_id])


def test_another_sum_is_refused_and_the_parts_stay(begun):
    upload = begun()
    part = send(upload, BODY)
    with pytest.raises(UploadRefused) as refused:
        assembling.upload_complete(upload=upload, part_ids=[part.public_id], md5="0" * 32)
    assert refused.value.code == "checksum_mismatch"
    upload.refresh_from_db()
    assert upload.state == "pending"
    assert [path.name for path in upload.folder.iterdir()] == [part.public_id]
    assert assembling.upload_complete(upload=upload, part_ids=[part.public_id]).dataset


def test_what_no_reader_takes_is_cancelled_and_leaves_nothing(
    begun, settings, django_capture_on_commit_callbacks
):
    body = b"%PDF-1.7 " + b"x" * 91
    upload = begun(size=100)
    part = send(upload, body)
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(UploadRefused, match="PDF"),
    ):
        assembling.upload_complete(upload=upload, part_ids=[part.public_id])
    upload.refresh_from_db()
    assert (upload.state, left(settings), Dataset.objects.count()) == ("cancelled", [], 0)


def test_more_bytes_than_announced_are_refused(begun, settings):
    settings.REQUEST_MAX_MB = 1
    upload = begun(size=10)
    with pytest.raises(UploadRefused) as refused:
        send(upload, b"x" * (2**20 + 1))
    assert refused.value.code == "body_too_large"
    send(upload, b"x" * 2**20)  # a part that is repeated may be too many for a while
    with pytest.raises(UploadRefused) as refused:
        send(upload, b"x" * 11)
    assert refused.value.code == "too_many_bytes"
    with pytest.raises(UploadRefused) as refused:
        send(upload, b"")
    assert refused.value.code == "file_empty"


def test_files_over_the_limit_and_empty_ones_are_not_begun(begun, settings):
    settings.UPLOAD_MAX_MB = 1
    for size, code in ((2**20 + 1, "body_too_large"), (0, "file_empty")):
        with pytest.raises(UploadRefused) as refused:
            begun(size=size)
        assert refused.value.code == code


def test_a_team_has_only_so_many_under_way(begun, settings):
    settings.UPLOADS_OPEN = 2
    first = begun()
    begun()
    with pytest.raises(UploadRefused) as refused:
        begun()
    assert refused.value.code == "quota"
    services.upload_cancel(upload=first)
    begun()


def test_room_is_asked_for_with_what_others_were_promised(begun, monkeypatch, settings):
    free = settings.UPLOAD_MIN_FREE_MB * 2**20 + 7 * 1000
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(datasets.shutil, "disk_usage", lambda _: usage._replace(free=free))
    upload = begun(size=1000)
    assert bytes_promised() == 3000
    begun(size=1000)
    with pytest.raises(UploadRefused, match="disk is nearly full"):
        begun(size=1000)
    send(upload, b"x" * 400)
    assert bytes_promised() == 5600
    services.upload_cancel(upload=upload)
    begun(size=1000)


def test_a_disk_that_fills_up_keeps_the_other_parts(begun, settings, tmp_path):
    body = BODY * (700_000 // len(BODY) + 1)
    with tiny_disk(tmp_path / "disk", 1) as disk:
        settings.UPLOAD_PART_DIR = disk
        upload = begun(size=len(body))
        part = send(upload, body[:50])
        with pytest.raises(UploadRefused) as refused:
            send(upload, body * 2)
        assert refused.value.code == "disk_full"
        assert [path.name for path in upload.folder.iterdir()] == [part.public_id]
        ids = [part.public_id, send(upload, body[50:]).public_id]
        with pytest.raises(UploadRefused) as refused:  # no room for the whole beside its parts
            assembling.upload_complete(upload=upload, part_ids=ids)
        assert refused.value.code == "disk_full"
        assert not list(Path(settings.DATASET_DIR).iterdir())
        upload.refresh_from_db()
        assert upload.state == "pending"
        assert {path.name for path in upload.folder.iterdir()} == set(ids)
        shutil.copytree(upload.folder, tmp_path / "roomier" / upload.public_id)
        settings.UPLOAD_PART_DIR = tmp_path / "roomier"
        assert assembling.upload_complete(upload=upload, part_ids=ids).state == "completed"


def test_an_upload_expires(begun, settings):
    upload = begun()
    part = send(upload, BODY)
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    upload.refresh_from_db()
    assert upload_state(upload) == "expired"
    for action in (
        lambda: send(upload, BODY),
        lambda: assembling.upload_complete(upload=upload, part_ids=[part.public_id]),
    ):
        with pytest.raises(UploadRefused) as refused:
            action()
        assert refused.value.code == "upload_expired"
    kept = begun()
    send(kept, BODY)
    services.uploads_sweep()
    upload.refresh_from_db()
    assert (upload.state, upload.folder.exists(), kept.folder.exists()) == ("expired", False, True)
    assert list(UploadPart.objects.values_list("upload", flat=True)) == [kept.pk]
    assert left(settings) == [str(kept.folder), str(kept.parts.get().file)]


def test_one_that_is_given_up_takes_nothing_more(begun, django_capture_on_commit_callbacks):
    upload = begun()
    send(upload, BODY)
    with django_capture_on_commit_callbacks(execute=True):
        services.upload_cancel(upload=upload)
    assert not upload.folder.exists()
    assert services.upload_cancel(upload=upload).state == "cancelled"
    with pytest.raises(UploadRefused) as refused:
        send(upload, BODY)
    assert refused.value.code == "wrong_state"


def test_only_one_request_puts_the_parts_together(begun):
    upload = begun()
    part = send(upload, BODY)
    now = timezone.now()
    Upload.objects.filter(pk=upload.pk).update(state="completing", claimed_at=now)
    upload.refresh_from_db()
    with pytest.raises(UploadRefused) as refused:
        assembling.upload_complete(upload=upload, part_ids=[part.public_id])
    assert refused.value.code == "wrong_state"
    Upload.objects.filter(pk=upload.pk).update(claimed_at=now - services.CLAIM)  # it was killed
    (upload.whole_file).write_bytes(b"half of it")
    assembling.upload_complete(upload=upload, part_ids=[part.public_id])
    assert Dataset.objects.get().original_file.read_bytes() == BODY


class TestNumberedParts:
    @pytest.fixture
    def numbered(self, begun, monkeypatch):
        monkeypatch.setattr(services, "PAGE_PART", 1000)
        return begun(fingerprint="0123456789abcdef")

    def sent(self, upload, number, **values):
        body = BODY[1000 * number : 1000 * (number + 1)]
        return send(upload, body, number=number, crc32=zlib.crc32(body), **values)

    def test_a_page_that_is_loaded_anew_goes_on(self, numbered, begun):
        self.sent(numbered, 1)
        again = begun(fingerprint="0123456789abcdef", name="Another name")
        again.refresh_from_db()
        assert (again, again.name) == (numbered, "Another name")
        assert numbers_there(again) == [1]
        assert begun(fingerprint="fedcba9876543210") != numbered
        assert begun(fingerprint="0123456789abcdef", size=5) != numbered

    def test_another_person_begins_anew(self, numbered, team, bob):
        other = services.upload_create(
            team=team, user=bob, filename="talks.jsonl", size=len(BODY),
            fingerprint="0123456789abcdef",
        )  # fmt: skip
        assert other != numbered

    def test_a_part_twice_is_kept_once(self, numbered):
        assert self.sent(numbered, 0) == self.sent(numbered, 0)
        assert len(list(numbered.folder.iterdir())) == 1

    def test_a_changed_part_is_refused(self, numbered):
        with pytest.raises(UploadRefused) as refused:
            send(numbered, b"x" * 1000, number=0, crc32=zlib.crc32(BODY[:1000]))
        assert refused.value.code == "checksum_mismatch"
        assert not list(numbered.folder.iterdir())

    @pytest.mark.parametrize(("number", "size"), [(0, 999), (0, 1001), (10**6, 1000), (-1, 1000)])
    def test_what_is_no_part_is_refused(self, numbered, number, size):
        with pytest.raises(UploadRefused) as refused:
            send(numbered, b"x" * size, number=number)
        assert refused.value.code == "invalid_value"


KILLED = """
import os, signal
import django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from finetune.datasets.parts import services
from finetune.datasets.parts.models import Upload
upload = Upload.objects.get()
services.part_add(upload=upload, file=SimpleUploadedFile("p", b"a" * 10))
write = services.write_part
def killed(path, file):
    write(path, file)
    os.kill(os.getpid(), signal.SIGKILL)
services.write_part = killed
services.part_add(upload=upload, file=SimpleUploadedFile("p", b"b" * 10))
"""


def test_a_process_that_is_killed_between_parts_leaves_those_that_arrived(tmp_path):
    """In a studio of its own: another process sees only what was committed."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "wukongsite.settings"}
    env |= {"WUKONG_DATA_DIR": str(tmp_path / "var"), "WUKONG_UPLOAD_MIN_FREE_MB": "1"}
    env.pop("DATABASE_URL", None)

    def run(code):
        command = [sys.executable, "-c", "import django\ndjango.setup()\n" + code]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    made = run(
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "from finetune.datasets.parts.services import upload_create\n"
        "from finetune.models import Team\n"
        "team = Team.objects.create(name='A', slug='a')\n"
        "upload_create(team=team, user=None, filename='a.jsonl', size=20)\n"
    )
    assert made.returncode == 0, made.stderr
    assert run(KILLED).returncode == -signal.SIGKILL
    after = run(
        "from django.core.files.uploadedfile import SimpleUploadedFile as File\n"
        "from finetune.datasets.parts.services import part_add, uploads_sweep\n"
        "from finetune.datasets.parts.models import Upload, UploadPart\n"
        "upload = Upload.objects.get()\n"
        "uploads_sweep()\n"
        "print([part.file.read_bytes() for part in UploadPart.objects.all()])\n"
        "part_add(upload=upload, file=File('p', b'b' * 10))\n"
        "print(upload.parts.count())\n"
    )
    assert after.stdout.split("\n")[:2] == ["[b'aaaaaaaaaa']", "2"], after.stderr
