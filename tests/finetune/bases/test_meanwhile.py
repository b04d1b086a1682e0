"""Downloads and bases of which something else is changed while they are under way."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from finetune.bases import downloads, loading, services
from finetune.bases.models import BaseDownload, BaseModel
from tests.doubles.model_hub import ModelHub

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]
State = BaseDownload.State


def test_two_clicks_do_not_let_go_of_the_pin(begun: Callable[..., BaseDownload]) -> None:
    """The second request has read the row before a worker began and pinned the revision."""
    download = begun()
    BaseDownload.objects.update(state=State.STOPPED)
    stale = BaseDownload.objects.get(pk=download.pk)
    BaseDownload.objects.update(state=State.LOADING, revision="a" * 40)
    downloads.download_begin(stale)
    download.refresh_from_db()
    assert (download.state, download.revision) == (State.LOADING, "a" * 40)


def test_two_first_clicks_make_one_download(
    begun: Callable[..., BaseDownload], alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begun()
    monkeypatch.setattr(QuerySet, "first", lambda rows: None)  # each looks before the other writes
    assert begun() == first


def test_a_name_that_was_taken_meanwhile_stays_as_it_is(
    hub: ModelHub, begun: Callable[..., BaseDownload], base: Any, folder: Path
) -> None:
    download = begun()
    BaseModel.objects.filter(pk=base.pk).update(slug="small", source="/brought/small")
    loading.base_download(download.pk)
    download.refresh_from_db()
    assert (download.state, download.code, download.base) == (State.FAILED, "exists", None)
    assert BaseModel.objects.get(slug="small").source == "/brought/small"


def test_a_gguf_file_is_not_taken_for_what_stands_in_its_place(
    folder: Path, sent: list[Any], tiny_model_dir: Path, tmp_path: Path
) -> None:
    """A base of that name would have had the weights of another model."""
    shutil.copytree(tiny_model_dir, folder / "mine")
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF")
    base = services.base_add(slug="mine", title="Mine", source=str(file))
    services.base_inspect(base.pk)
    base.refresh_from_db()
    assert (base.state, base.source) == (BaseModel.State.FAILED, str(file))
    assert "is in the way" in base.problem
    about = {"source": str(file), "source_sha256": "of an earlier file of this name"}
    (folder / "mine" / "wukong.json").write_text(json.dumps(about))
    assert not services.made_of(folder / "mine", str(file))
    about["source_sha256"] = hashlib.sha256(b"GGUF").hexdigest()
    (folder / "mine" / "wukong.json").write_text(json.dumps(about))
    assert services.made_of(folder / "mine", f"{file.parent}//mine.gguf")


def test_half_a_line_of_a_process_that_was_ended_is_left_out() -> None:
    class Ended:
        stdout = iter(['{"event": "progress", "done": 1}\n', '{"event": "found", "files": ['])

    events = list(loading.events_of(Ended()))  # type: ignore[arg-type]
    assert events == [{"event": "progress", "done": 1}]
