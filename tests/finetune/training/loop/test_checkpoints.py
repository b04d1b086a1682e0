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
