"""Checkpoints are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.training.loop import checkpoints


def make(folder: Path, step: int) -> Path:
    partial = checkpoints.partial_folder(folder)
    (partial / "weights").write_bytes(bytes([step]) * 100)
    target = folder / f"checkpoint-{step}"
    checkpoints.seal(partial, target)
    return target


def test_the_newest_is_found_and_two_are_kept(tmp_path: Path) -> None:
    for step in (2, 10, 9, 100):
        make(tmp_path, step)
    checkpoints.partial_folder(tmp_path)
    assert checkpoints.newest(tmp_path).step == 100
    checkpoints.prune(tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-100"]


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "no manifest", "torn manifest"])
def test_a_damaged_one_falls_back_to_the_one_before(tmp_path: Path, damage: str) -> None:
    good, bad = make(tmp_path, 1), make(tmp_path, 2)
    weights, manifest = bad / "weights", bad / checkpoints.MANIFEST
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-1])
    elif damage == "flip":
        weights.write_bytes(b"x" * 100)
    elif damage == "remove":
        weights.unlink()
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text()[:10])
    found = checkpoints.newest(tmp_path)
    assert (found.path, found.step, found.damaged) == (good, 1, [bad])
    assert make(tmp_path, 2) == bad  # computed again, it takes the damaged one's place
    assert checkpoints.newest(tmp_path).step == 2


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path / "nothing").path is None


def test_what_is_removed_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trainer that is killed while it prunes, or a reader who looks then, finds no half one."""
    for step in (1, 2, 3):
        make(tmp_path, step)

    def killed(path: Path, **_: object) -> None:
        if path.exists():
            next(path.iterdir()).unlink()

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints.shutil, "rmtree", killed)
        checkpoints.prune(tmp_path, keep=1)
    assert [path.name for path in checkpoints.checkpoints(tmp_path)] == ["checkpoint-3"]
    assert checkpoints.newest(tmp_path).damaged == []
    checkpoints.prune(tmp_path, keep=1)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-3"]


def test_one_that_is_written_anew_is_there_until_the_new_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make(tmp_path, 1)
    seen: list[bool] = []

    def looked(path: Path, **_: object) -> None:
        seen.append(checkpoints.is_intact(old))

    partial = checkpoints.partial_folder(tmp_path)
    (partial / "weights").write_bytes(b"new")
    monkeypatch.setattr(checkpoints.shutil, "rmtree", looked)
    checkpoints.seal(partial, old)
    assert seen
    assert all(seen)
    assert (old / "weights").read_bytes() == b"new"
