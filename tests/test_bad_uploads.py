"""A hundred bad uploads through the site: a clear message each, no 500, nothing left behind."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.urls import reverse

from finetune.datasets.checking import dataset_check
from finetune.datasets.models import Dataset
from finetune.datasets.services import dataset_delete
from tests.finetune.datasets.doctor.bad_uploads import bad_uploads

pytestmark = pytest.mark.django_db
ALL = list(bad_uploads(each=8))  # the doctor's own tests meet every one
# These take seconds each; the doctor's own tests meet them in any case.
SLOW = {"1 GB", "2 GB that starts well", "only open brackets", "only open braces"}
CASES = [
    pytest.param(bad, id=bad.name, marks=[pytest.mark.slow] if bad.name in SLOW else [])
    for bad in ALL
]
LARGEST = 64 * 2**20


def test_there_are_a_hundred():
    assert len(ALL) >= 100
    assert {bad.name for bad in ALL} > SLOW


def left(settings):
    folders = (settings.DATASET_DIR, settings.FILE_UPLOAD_TEMP_DIR)
    return sorted(str(path) for folder in folders for path in Path(folder).rglob("*"))


@pytest.mark.parametrize("bad", CASES)
def test_bad_upload(
    bad, client, alice, team, settings, tmp_path, django_capture_on_commit_callbacks
):
    before = left(settings)
    client.force_login(alice)
    path = bad.write(tmp_path / "upload")
    if not path.is_file():
        pytest.skip("a browser cannot send a folder")
    mapping = {f"column_{role}": column for role, column in bad.mapping}
    file = SimpleUploadedFile(bad.filename or "upload", path.read_bytes())
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("dataset-upload"), {"file": file, **mapping})
    assert answer.status_code < 500
    made = Dataset.objects.first()
    if made is None:  # refused at once, beside the field
        assert answer.status_code in {200, 400, 413, 422}
        assert 'class="error"' in answer.content.decode()
    else:
        dataset_check(made.pk)
        made.refresh_from_db()
        page = client.get(reverse("dataset", args=[made.public_id]))
        assert page.status_code == 200
        if bad.expected.startswith("ok:") and made.state == Dataset.State.READY:
            assert bad.expected.removeprefix("ok:") in made.report["problem_counts"]
        else:
            assert made.state == Dataset.State.FAILED
            assert len(made.problem["message"]) > 10
            assert made.problem["hint"]
        assert not list(made.folder.glob(".*")), "half-written files"
        with django_capture_on_commit_callbacks(execute=True):
            dataset_delete(dataset=made)
    assert left(settings) == before


SENT = ["broken line", "Python's print of a list", "a Git LFS pointer", "a chat without consent",
        "three speakers", "UTF-16 with BOM", "a wrapped list cut short"]  # fmt: skip


@pytest.mark.parametrize("bad", [bad for bad in bad_uploads() if bad.name in SENT],
                         ids=lambda bad: bad.name)  # fmt: skip
def test_bad_upload_by_api(bad, client, alice, team, settings, tmp_path):
    from finetune.teams.keys.services import key_create

    before = left(settings)
    _, token = key_create(team=team, user=alice, name="hers")
    file = SimpleUploadedFile(bad.filename, bad.write(tmp_path / "upload").read_bytes())
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post("/v1/files", {"file": file, "purpose": "fine-tune"}, headers=headers)
    made = Dataset.objects.first()
    if made is None:
        assert answer.status_code in {400, 413, 422}
        assert len(answer.json()["error"]["message"]) > 10
        assert left(settings) == before
        return
    assert answer.status_code == 200
    dataset_check(made.pk)
    said = client.get(f"/v1/files/{made.public_id}", headers=headers).json()
    if bad.expected.startswith("ok:"):
        assert said["status"] == "processed"
    else:
        assert said["status"] == "error"
        assert len(said["status_details"]) > 10
    assert not list(made.folder.glob(".*")), "half-written files"


def test_consent_and_speaker_by_api(client, alice, team):
    from finetune.teams.keys.services import key_create

    _, token = key_create(team=team, user=alice, name="hers")
    chat = "\n".join(
        f"{day:02}/01/24, 10:00 - Ann: Hi {day}\n{day:02}/01/24, 10:01 - Ben: Hello {day}"
        for day in range(1, 20)
    )
    values = {
        "file": SimpleUploadedFile("chat.txt", chat.encode()),
        "purpose": "fine-tune",
        "consent": "true",
        "speaker": "Ben",
    }
    answer = client.post("/v1/files", values, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    made = Dataset.objects.get()
    assert made.options["consent"]["by"] == "alice"
    dataset_check(made.pk)
    made.refresh_from_db()
    assert (made.state, made.report["assistant"]) == ("ready", "Ben")


def test_a_gigabyte_is_refused_before_it_is_read(settings):
    """The announced length alone is enough; a body that lies about it stops at the limit."""
    import asyncio

    from asgiref.testing import ApplicationCommunicator

    from wukongsite.asgi import application

    async def send(headers, chunks):
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/data/new/",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), *headers],
        }
        page = ApplicationCommunicator(application, scope)
        for number in range(chunks):
            more = number < chunks - 1
            await page.send_input({"type": "http.request", "body": b"x" * 2**20, "more_body": more})
        start = await page.receive_output(20)
        body = await page.receive_output(20)
        return start["status"], body["body"].decode()

    before = left(settings)
    announced = [(b"content-length", str(2**30).encode())]
    for headers, chunks in ((announced, 1), ([], LARGEST // 2**20 + 3)):
        status, text = asyncio.run(send(headers, chunks))
        assert status == 413
        assert "in parts" in text
    assert left(settings) == before


def test_large_files_are_spooled_where_the_limit_on_free_space_looks(settings):
    file = TemporaryUploadedFile("x", "text/plain", 1, None)
    assert Path(file.temporary_file_path()).parent == Path(settings.FILE_UPLOAD_TEMP_DIR)
    file.close()
