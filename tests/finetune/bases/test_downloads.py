"""From the click to a base that runs can start from, and everything that may come between."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from finetune.bases import downloads, loading, services
from finetune.bases.downloads import DownloadRefused, entry_download
from finetune.bases.models import BaseDownload, BaseModel
from finetune.files import alone
from tests.conftest import ROOT
from tests.doubles.model_hub import TOKEN, ModelHub, Repository

from .conftest import NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]
State = BaseDownload.State


def test_a_download_becomes_a_base_whose_shapes_are_read(
    hub: ModelHub, begun: Callable[..., BaseDownload], sent: list[Any], folder: Path
) -> None:
    download = begun()
    assert sent == [("base_download", download.pk)]
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert (download.state, download.percent) == (State.DONE, 100)
    assert download.revision == hub.models[NAME].commit
    assert {file["path"] for file in download.files} >= {"model.safetensors", "config.json"}
    base = download.base
    assert base is not None
    assert (base.slug, base.source) == ("small", str(folder / "small"))
    assert (base.revision, base.licence) == (download.revision, "apache-2.0")
    assert sent[1:] == [("base_inspect", base.pk)]
    asked = len(hub.asked)
    loading.base_download(download.pk)  # a message that comes twice
    assert len(hub.asked) == asked


def test_one_is_fetched_at_a_time(
    begun: Callable[..., BaseDownload], sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has threads for more, which other errands need."""
    first, second = begun(), begun(slug="other")
    sent.clear()

    def fetching(download: BaseDownload) -> None:
        if download == first:
            loading.base_download(second.pk)  # another thread's, meanwhile
            second.refresh_from_db()
            assert second.state == State.WAITING
        BaseDownload.objects.filter(pk=download.pk).update(state=State.DONE)

    monkeypatch.setattr(loading, "carry", fetching)
    loading.base_download(first.pk)
    assert sent == [("base_download", second.pk)]
    loading.base_download(second.pk)
    assert set(BaseDownload.objects.values_list("state", flat=True)) == {State.DONE}


def test_the_pin_outlives_the_base(hub: ModelHub, begun: Callable[..., BaseDownload]) -> None:
    download = begun()
    loading.base_download(download.pk)
    pinned = hub.models[NAME].commit
    BaseModel.objects.all().delete()
    hub.models[NAME].files["README.md"] = b"# Newer"
    loading.base_download(begun().pk)
    download.refresh_from_db()
    assert (download.state, download.code) == (State.FAILED, "revision")
    assert download.revision == pinned != hub.models[NAME].commit


def test_hashes_are_held_to_as_well(
    hub: ModelHub, begun: Callable[..., BaseDownload], folder: Path
) -> None:
    download = begun(title="-a title that looks like an option")
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert download.state == State.DONE
    BaseModel.objects.all().delete()
    (folder / "small").rename(folder / "elsewhere")
    hub.sizes = {"README.md": 8}
    loading.base_download(begun().pk)
    download.refresh_from_db()
    assert (download.state, download.code) == (State.FAILED, "changed")
    assert not (folder / "small").exists()


def test_a_failure_is_kept_with_what_to_do_and_gone_on_with(
    hub: ModelHub, begun: Callable[..., BaseDownload], folder: Path
) -> None:
    hub.status = 503
    download = begun()
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert (download.state, download.code, download.facts) == (State.FAILED, "hub", {"status": 503})
    hub.status = 0
    again = begun()
    assert again.pk == download.pk
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert (download.state, download.problem) == (State.DONE, "")


def test_one_that_is_stopped_keeps_what_came(
    hub: ModelHub, begun: Callable[..., BaseDownload], folder: Path
) -> None:
    hub.slow = Event()
    download = begun()
    part = folder / ".small.download" / "model.safetensors.part"

    def stop_when_half() -> None:
        for _ in range(600):
            if part.is_file() and part.stat().st_size >= 1 << 20:
                break
            Event().wait(0.05)
        stopped.set()

    stopped = Event()
    Thread(target=stop_when_half, daemon=True).start()
    real = loading.stop_asked

    def asked(*arguments: Any) -> bool:
        if stopped.is_set():
            downloads.download_stop(download)
        return real(*arguments)

    loading.stop_asked, kept = asked, 0
    try:
        loading.base_download(download.pk)
        kept = part.stat().st_size
    finally:
        loading.stop_asked = real
    download.refresh_from_db()
    assert (download.state, download.stop_asked) == (State.STOPPED, False)
    assert kept >= 1 << 20
    hub.slow.set()
    loading.base_download(begun().pk)
    assert f"bytes={kept}-" in hub.ranges()
    download.refresh_from_db()
    assert download.state == State.DONE


def test_what_came_can_be_thrown_away(
    hub: ModelHub, begun: Callable[..., BaseDownload], folder: Path
) -> None:
    hub.breaks = [1_500_000] + [0] * 10
    download = begun()
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert (download.state, download.code) == (State.FAILED, "offline")
    assert download.done > 1_000_000
    downloads.download_discard(download)
    download.refresh_from_db()
    assert (download.done, download.code) == (0, "")
    assert download.revision
    assert not (folder / ".small.download").exists()


def test_a_licence_is_accepted_here_before_anything_is_asked(
    alice: Any, sent: list[Any], hub: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated = "meta-llama/Llama-3.2-1B-Instruct"
    hub.models[gated] = Repository(hub.models[NAME].files, licence="llama3.2", gated=True)
    with pytest.raises(DownloadRefused, match="Read the licence") as refused:
        entry_download(user=alice, slug="llama-3-2-1b-instruct")
    assert (refused.value.code, sent) == ("accept", [])
    download = entry_download(user=alice, slug="llama-3-2-1b-instruct", accepted=True)
    assert (download.accepted_by, download.licence) == (alice, "Llama 3.2 Community")
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert download.code == "gated"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    loading.base_download(entry_download(user=alice, slug="llama-3-2-1b-instruct").pk)
    download.refresh_from_db()
    assert download.state == State.DONE


def test_the_hub_may_ask_where_the_catalogue_does_not(
    hub: ModelHub, begun: Callable[..., BaseDownload], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.models[NAME].gated = True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    download = begun()
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert download.code == "accept"
    with pytest.raises(DownloadRefused, match="Read the licence"):
        begun()
    loading.base_download(begun(accepted=True).pk)
    download.refresh_from_db()
    assert download.state == State.DONE


def test_room_is_asked_for_first(alice: Any, sent: list[Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "UPLOAD_MIN_FREE_MB", 10**9)
    with pytest.raises(DownloadRefused, match="needs 14.0 GB|needs 15.2 GB") as refused:
        entry_download(user=alice, slug="qwen2-5-7b-instruct")
    assert (refused.value.code, sent) == ("disk", [])
    assert not BaseDownload.objects.exists()


def test_a_name_that_is_taken_is_refused(begun: Callable[..., BaseDownload], base: Any) -> None:
    with pytest.raises(DownloadRefused, match="already"):
        begun(slug=base.slug)
    with pytest.raises(DownloadRefused, match="no such model"):
        entry_download(user=None, slug="nothing")  # type: ignore[arg-type]


def test_something_in_the_way_is_left_alone(
    hub: ModelHub, begun: Callable[..., BaseDownload], folder: Path
) -> None:
    (folder / "small").mkdir()
    (folder / "small" / "mine.txt").write_text("mine")
    download = begun()
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert download.code == "in_way"
    assert (folder / "small" / "mine.txt").read_text() == "mine"


def test_a_lost_download_is_sent_again(
    begun: Callable[..., BaseDownload], sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "messages_waiting", lambda queue: 0)
    download = begun()
    sent.clear()
    downloads.downloads_recheck()
    assert sent == []  # it is fresh
    old = timezone.now() - timedelta(minutes=1)
    BaseDownload.objects.update(state=State.LOADING, updated_at=old)
    with alone(downloads.lock_of(download)) as mine:
        assert mine
        downloads.downloads_recheck()
    assert sent == []  # somebody is at it
    downloads.downloads_recheck()
    assert sent == [("base_download", download.pk)]


def test_a_gguf_file_is_expanded_once(
    folder: Path, sent: list[Any], tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    base = services.base_add(slug="mine", title="Mine", source="/brought/mine.Q8_0.gguf")
    real, commands = services.asked, []

    def asked(command: list[str], seconds: float) -> dict[str, Any]:
        commands.append(command[0])
        if command[0] == "convert":
            shutil.copytree(tiny_model_dir, command[2])
            (Path(command[2]) / "wukong.json").write_text(
                json.dumps({"source": command[1], "note": "8-bit weights"})
            )
            return {}
        return real(command, seconds)

    monkeypatch.setattr(services, "asked", asked)
    services.base_inspect(base.pk)
    base.refresh_from_db()
    assert (base.state, base.source) == (BaseModel.State.READY, str(folder / "mine"))
    assert (base.note, base.memory is not None) == ("8-bit weights", True)
    BaseModel.objects.filter(pk=base.pk).update(source="/brought/mine.Q8_0.gguf")
    services.base_inspect(base.pk)
    assert commands == ["convert", "inspect", "inspect"]


def test_a_gguf_file_that_is_not_there_is_explained(folder: Path, sent: list[Any]) -> None:
    base = services.base_add(slug="gone", title="Gone", source="/brought/gone.gguf")
    services.base_inspect(base.pk)
    base.refresh_from_db()
    assert base.state == BaseModel.State.FAILED
    assert base.problem == "There is no file /brought/gone.gguf."


def test_a_worker_that_computes_nothing_takes_downloads() -> None:
    """Its threads wait for other processes and for strangers; each queue has one worker."""
    from finetune import tasks

    queue = settings.CELERY_TASK_ROUTES[tasks.base_download.name]["queue"]
    lines = re.findall(r"--queues (\S+) --pool (\w+)", (ROOT / "Procfile").read_text())
    assert ("bases,fetches,exports,alerts", "threads") in lines
    assert [queue in queues.split(",") for queues, _ in lines].count(True) == 1
    assert queue == downloads.QUEUE
