"""Downloads from a hub on loopback: pinned, gone on with, checked, refused in plain words."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.doubles.model_hub import TOKEN, ModelHub, Repository

from .conftest import NAME, small_files

COMMAND = [sys.executable, "-m", "finetune.bases.files.download"]


def start(target: Path, *options: str, repository: str = NAME) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, repository, str(target), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def download(target: Path, *options: str, repository: str = NAME) -> list[dict[str, Any]]:
    out, err = start(target, *options, repository=repository).communicate(timeout=120)
    assert not err
    return [json.loads(line) for line in out.splitlines()]


def test_a_model_comes_whole_and_says_where_from(hub: ModelHub, tmp_path: Path) -> None:
    events = download(tmp_path / "small", "--name", "Small", "--licence", "Apache-2.0")
    commit = hub.models[NAME].commit
    assert events[0]["event"] == "found"
    assert events[0]["revision"] == commit
    assert events[-1]["event"] == "done"
    names = {path.name for path in (tmp_path / "small").iterdir()}
    assert names == {
        "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors", "README.md",
        "wukong.json",
    }  # fmt: skip
    assert not [path for _, path, _ in hub.asked if path.endswith((".py", ".bin"))]
    about = json.loads((tmp_path / "small" / "wukong.json").read_text())
    weights = hub.models[NAME].files["model.safetensors"]
    assert about["revision"] == commit
    assert about["files"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert (tmp_path / "small" / "model.safetensors").read_bytes() == weights
    assert not (tmp_path / ".small.download").exists()


def test_a_broken_line_is_gone_on_with_where_it_broke(hub: ModelHub, tmp_path: Path) -> None:
    hub.breaks = [1_500_000, 700_000]
    assert download(tmp_path / "small")[-1]["event"] == "done"
    assert len(hub.ranges()) == 2 * 2  # each asked at the hub and, redirected, at its storage
    weights = (tmp_path / "small" / "model.safetensors").read_bytes()
    assert weights == hub.models[NAME].files["model.safetensors"]


def test_a_killed_download_goes_on_in_another_process(hub: ModelHub, tmp_path: Path) -> None:
    hub.slow = Event()
    first = start(tmp_path / "small")
    part = tmp_path / ".small.download" / "model.safetensors.part"
    for _ in range(600):
        if part.is_file() and part.stat().st_size:
            break
        Event().wait(0.05)
    first.kill()
    first.communicate()
    kept = part.stat().st_size
    assert kept >= 1 << 20
    hub.slow.set()
    events = download(tmp_path / "small")
    assert events[1] == {"event": "progress", "done": kept + sum(
        len(content) for name, content in hub.models[NAME].files.items()
        if name in {"config.json", "tokenizer.json", "tokenizer_config.json", "README.md"}
    )}  # fmt: skip
    assert f"bytes={kept}-" in hub.ranges()
    assert hub.bodies("config.json") == 1
    weights = (tmp_path / "small" / "model.safetensors").read_bytes()
    assert weights == hub.models[NAME].files["model.safetensors"]


def test_what_was_kept_wrong_is_fetched_anew(hub: ModelHub, tmp_path: Path) -> None:
    work = tmp_path / ".small.download"
    work.mkdir()
    (work / "model.safetensors.part").write_bytes(b"x" * 1000)
    assert download(tmp_path / "small")[-1]["event"] == "done"
    assert hub.ranges()[0] == "bytes=1000-"
    weights = (tmp_path / "small" / "model.safetensors").read_bytes()
    assert weights == hub.models[NAME].files["model.safetensors"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_hash_is_refused_and_thrown_away(hub: ModelHub, tmp_path: Path, name: str) -> None:
    hub.corrupt = {name}
    end = download(tmp_path / "small")[-1]
    assert (end["event"], end["code"]) == ("error", "hash")
    assert name in end["error"]
    assert not (tmp_path / "small").exists()
    assert not list((tmp_path / ".small.download").glob(f"{name}*"))
    hub.corrupt = set()
    assert download(tmp_path / "small")[-1]["event"] == "done"


def test_more_bytes_than_listed_are_not_taken(hub: ModelHub, tmp_path: Path) -> None:
    hub.sizes = {"model.safetensors": 1_000_000}
    assert download(tmp_path / "small")[-1]["code"] == "hash"
    part = tmp_path / ".small.download" / "model.safetensors.part"
    assert not part.exists() or part.stat().st_size <= 1_000_000


def test_a_pin_is_held_to(hub: ModelHub, tmp_path: Path) -> None:
    first = download(tmp_path / "small")[0]["revision"]
    hub.models[NAME] = Repository(small_files(1_000_000))
    end = download(tmp_path / "again", "--revision", first)[-1]
    assert (end["event"], end["code"]) == ("error", "revision")
    assert not (tmp_path / "again").exists()
    assert download(tmp_path / "new")[0]["revision"] == hub.models[NAME].commit != first


def test_a_gated_model_asks_here_and_there(
    hub: ModelHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.models[NAME].gated = True
    assert download(tmp_path / "small")[-1]["code"] == "accept"
    end = download(tmp_path / "small", "--accepted")[-1]
    assert end["code"] == "gated"
    assert f"{hub.url}/{NAME}" in end["error"]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert download(tmp_path / "small", "--accepted")[-1]["event"] == "done"
    for _, path, headers in hub.asked[-4:]:
        assert ("Authorization" in headers) == (not path.startswith("/storage/"))


def test_refusals_say_what_to_do(
    hub: ModelHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(repository: str = NAME) -> str:
        end = download(tmp_path / "small", repository=repository)[-1]
        assert end["event"] == "error"
        assert end["error"].endswith(".")
        return str(end["code"])

    assert code("Double/Nothing") == "not_found"
    assert code("not a name") == "not_found"
    hub.models["Double/Pickle"] = Repository({"config.json": b"{}", "pytorch_model.bin": b"x"})
    assert code("Double/Pickle") == "no_safetensors"
    files = small_files(1000)
    del files["tokenizer.json"]
    hub.models["Double/Old"] = Repository(files)
    assert code("Double/Old") == "no_file"
    hub.unhashed = {"config.json"}
    assert code() == "unhashed"
    hub.unhashed = set()
    hub.status = 503
    assert code() == "hub"
    hub.status = 0
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert code() == "token"
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert code() == "offline"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert code() == "offline"


def test_the_disk_is_asked_first(hub: ModelHub, tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    end = download(tmp_path / "small", "--margin", str(free))[-1]
    assert end["code"] == "disk"
    assert end["facts"]["needed"] > 4_000_000
    assert hub.bodies("model.safetensors") == 0


def test_a_model_that_cannot_be_loaded_does_not_appear(hub: ModelHub, tmp_path: Path) -> None:
    hub.models[NAME].files["model.safetensors"] = b"no safetensors" * 1000
    end = download(tmp_path / "small")[-1]
    assert end["code"] == "folder"
    assert not (tmp_path / "small").exists()


def test_nothing_of_another_revision_is_left(hub: ModelHub, tmp_path: Path) -> None:
    """Of the same size, or a file that the newer one has not: both would become the base."""
    work = tmp_path / ".small.download"
    work.mkdir()
    config = hub.models[NAME].files["config.json"]
    (work / "config.json").write_bytes(config.replace(b"llama", b"qwen2"))
    (work / "chat_template.jinja").write_text("{{ messages }}")
    assert download(tmp_path / "small")[-1]["event"] == "done"
    assert (tmp_path / "small" / "config.json").read_bytes() == config
    assert not (tmp_path / "small" / "chat_template.jinja").exists()


def test_a_long_licence_fits_into_its_row(hub: ModelHub, tmp_path: Path) -> None:
    hub.models[NAME].licence = ["mit", "x" * 100]  # type: ignore[assignment]
    found = download(tmp_path / "small")[0]
    assert found["licence"] == f"mit, {'x' * 100}"[:60]
