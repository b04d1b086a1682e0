"""Folders that people bring: what cannot be used is refused in words that say what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune.bases.files.exceptions import BaseModelError
from finetune.bases.files.folders import folder_check
from finetune.bases.files.inspect import inspect

SPOILT = "Copy it again"


def config_of(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def in_pieces(folder: Path, name: str) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda folder: shutil.rmtree(folder), "There is no folder"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
    "half a config": (lambda folder: (folder / "config.json").write_text("{"), "cannot be read"),
    "a list": (lambda folder: (folder / "config.json").write_text("[]"), "is no JSON object"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer.json"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "Bring a folder with"),
    "a pickle": (pickled, "pytorch_model.bin is a pickle, which can run code"),
    "a GGUF file": (
        lambda folder: (folder / "model.safetensors").rename(folder / "x.gguf"),
        "x.gguf\\) to have it expanded",
    ),
    "half the weights": (lambda folder: cut(folder / "model.safetensors"), SPOILT),
    "no safetensors inside": (
        lambda folder: (folder / "model.safetensors").write_bytes(b"\x80\x04pickle"), SPOILT
    ),
    "a piece missing": (lambda folder: in_pieces(folder, "model-00001-of-00002.safetensors"),
                        "lacks model-00001-of-00002.safetensors"),
    "a piece elsewhere": (lambda folder: in_pieces(folder, "../x.safetensors"), "beside itself"),
    "quantised": (
        lambda folder: config_of(folder, quantization_config={"quant_method": "gptq"}),
        r"quantised \(gptq\)",
    ),
    "weights of another": (lambda folder: config_of(folder, num_hidden_layers=3), "do not belong"),
    "too many weights": (lambda folder: config_of(folder, hidden_size=24), "do not belong"),
    "an unknown kind": (
        lambda folder: config_of(folder, model_type="unheard", architectures=["Unheard"]),
        "cannot be described",
    ),
    "code of its own": (
        lambda folder: config_of(
            folder, model_type="unheard", auto_map={"AutoConfig": "own.Config"}
        ),
        "code of its own, which is never run here",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_explained(case: str, tiny_model_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    shutil.copytree(tiny_model_dir, folder)
    (folder / "own.py").write_text("raise SystemExit('code from the folder was run')")
    spoil, words = CASES[case]
    spoil(folder)
    with pytest.raises(BaseModelError, match=words):
        inspect(str(folder)) if folder.exists() else folder_check(folder)


def test_a_good_folder_passes_whatever_else_lies_in_it(
    tiny_model_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "brought"
    shutil.copytree(tiny_model_dir, folder)
    (folder / "pytorch_model.bin").write_bytes(b"never opened")
    facts = inspect(str(folder))
    assert folder_check(folder) == facts.parameters


def test_a_folder_is_judged_by_the_weights_that_are_loaded(
    tiny_model_dir: Path, tmp_path: Path
) -> None:
    """transformers takes model.safetensors where there are pieces, too."""
    folder = Path(shutil.copytree(tiny_model_dir, tmp_path / "both"))
    shutil.copy(folder / "model.safetensors", folder / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    config_of(folder, quantization_config=None)  # as some configs say that they are not
    assert folder_check(folder) > 0
    cut(folder / "model.safetensors")
    with pytest.raises(BaseModelError, match=SPOILT):
        folder_check(folder)


def test_a_list_of_pieces_that_is_no_list_of_names(tiny_model_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model_dir, tmp_path / "odd"))
    in_pieces(folder, ["model.safetensors"])  # type: ignore[arg-type]
    with pytest.raises(BaseModelError, match="does not list files beside itself"):
        folder_check(folder)
