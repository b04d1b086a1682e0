"""The console: a download is asked for, led and deleted; a base is added by its whole path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from finetune.bases import downloads
from finetune.bases.models import BaseDownload, BaseModel
from finetune.teams.models import User

pytestmark = pytest.mark.django_db
ADD = "admin:finetune_basedownload_add"
State = BaseDownload.State


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(downloads, "enqueue", lambda *call: found.append(call))
    monkeypatch.setattr(settings, "BASE_MODEL_DIR", tmp_path)
    return found


@pytest.fixture
def console(client: Client, sent: list[Any]) -> Client:
    client.force_login(User.objects.create_superuser("root", password="a-good-password-9"))
    return client


def add(console: Client, **typed: str) -> str:
    empty = dict.fromkeys(("catalogue", "repository", "slug", "title", "licence"), "")
    answer = console.post(reverse(ADD), empty | typed, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def act(console: Client, action: str) -> str:
    row = BaseDownload.objects.get()
    answer = console.post(
        reverse("admin:finetune_basedownload_changelist"),
        {"action": action, "_selected_action": [row.pk]},
        follow=True,
    )
    return answer.content.decode()


def test_one_of_the_catalogue_is_a_choice(console: Client, sent: list[Any]) -> None:
    add(console, catalogue="qwen3-0-6b")
    download = BaseDownload.objects.get()
    assert (download.repository, download.created_by.username) == ("Qwen/Qwen3-0.6B", "root")
    assert sent == [("base_download", download.pk)]
    page = reverse("admin:finetune_basedownload_change", args=[download.pk])
    assert "Qwen/Qwen3-0.6B" in console.get(page).content.decode()


def test_any_model_of_the_hub_needs_a_name_here(console: Client, sent: list[Any]) -> None:
    assert "give it one" in add(console, repository="Own/Model")
    assert "Choose one above" in add(console, repository="https://hub/Own/Model")
    add(console, repository="Own/Model", slug="own", title="Own")
    assert BaseDownload.objects.get().repository == "Own/Model"
    assert len(sent) == 1


def test_a_licence_is_accepted_first(console: Client, sent: list[Any]) -> None:
    assert "The hub asks for it" in add(console, catalogue="llama-3-2-1b-instruct")
    assert sent == []
    add(console, catalogue="llama-3-2-1b-instruct", accepted="on")
    assert BaseDownload.objects.get().accepted_by.username == "root"


def test_no_room_is_said_and_nothing_is_kept(console: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MIN_FREE_MB", 10**9)
    assert "on the disk" in add(console, catalogue="qwen3-0-6b")
    assert not BaseDownload.objects.exists()


def test_a_download_is_led_and_deleted(console: Client, tmp_path: Path) -> None:
    add(console, catalogue="qwen3-0-6b")
    assert "Told to stop: 1" in act(console, "stop")
    assert BaseDownload.objects.get().state == State.STOPPED
    assert "Waiting: 1" in act(console, "go_on")
    assert "Stop it first" in act(console, "discard")
    act(console, "stop")
    work = tmp_path / ".qwen3-0-6b.download"
    work.mkdir()
    act(console, "discard")
    assert not work.exists()
    work.mkdir()
    row = BaseDownload.objects.get()
    address = reverse("admin:finetune_basedownload_delete", args=[row.pk])
    console.post(address, {"post": "yes"})
    assert (BaseDownload.objects.count(), work.exists()) == (0, False)


def test_a_deleted_base_takes_its_downloaded_folder_along(console: Client, tmp_path: Path) -> None:
    add(console, catalogue="qwen3-0-6b")
    folder = tmp_path / "qwen3-0-6b"
    folder.mkdir()
    base = BaseModel.objects.create(slug="qwen3-0-6b", title="Q", source=str(folder))
    BaseDownload.objects.update(state=State.DONE, base=base, revision="a" * 40, done=5)
    address = reverse("admin:finetune_basemodel_delete", args=[base.pk])
    console.post(address, {"post": "yes"})
    row = BaseDownload.objects.get()
    assert (folder.exists(), row.base, row.done, row.revision) == (False, None, 0, "a" * 40)


def test_a_brought_folder_stays_where_it_is(console: Client, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    folder.mkdir()
    base = BaseModel.objects.create(slug="brought", title="B", source=str(folder))
    console.post(reverse("admin:finetune_basemodel_delete", args=[base.pk]), {"post": "yes"})
    assert (folder.exists(), BaseModel.objects.count()) == (True, 0)


def test_a_base_is_added_by_its_whole_path(console: Client) -> None:
    form = {"title": "Hub", "slug": "hub", "source": "Qwen/Qwen3-0.6B", "licence": "", "note": ""}
    answer = console.post(reverse("admin:finetune_basemodel_add"), form)
    assert "Downloads of base models" in answer.content.decode()
    assert not BaseModel.objects.exists()
