"""GGUF files that people bring: expanded once, and what is no such file is explained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize

from finetune.bases.files import convert as convert_module
from finetune.bases.files.convert import convert, expanded_note, gguf_numbers
from finetune.bases.files.exceptions import BaseModelError
from tests.conftest import ROOT


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """A file of two tensors, one of them in 8 bits."""
    path = tmp_path / "small.Q8_0.gguf"
    writer = GGUFWriter(path, "llama")
    weights = np.ones((64, 64), dtype=np.float32)
    kind = GGMLQuantizationType.Q8_0
    writer.add_tensor("large", quantize(weights, kind), raw_dtype=kind)
    writer.add_tensor("small", np.ones(16, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_numbers_and_format_are_read_from_the_file(gguf: Path) -> None:
    assert gguf_numbers(gguf) == (64 * 64 + 16, "Q8_0")
    assert expanded_note("Q8_0") == "8-bit weights (Q8_0) expanded to float32"
    assert expanded_note("F16") == "Its weights were F16 in a GGUF file"


def test_the_disk_is_asked_before(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert_module, "gguf_numbers", lambda path: (10**15, "Q4_1"))
    with pytest.raises(BaseModelError, match=r"needs 4000000\.00 GB"):
        convert(gguf, tmp_path / "model", name="x", licence="", origin="")
    assert not (tmp_path / "model").exists()


def test_memory_is_asked_before(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        convert_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=9e18)
    )
    monkeypatch.setattr(convert_module, "gguf_numbers", lambda path: (10**15, "Q4_1"))
    with pytest.raises(BaseModelError, match=r"needs 4000000\.00 GB of memory"):
        convert(gguf, tmp_path / "model", name="x", licence="", origin="")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.gguf", None, "There is no file"),
        ("zip.gguf", b"PK" + bytes(100), "no whole GGUF file"),
        ("half.gguf", b"GGUF" + bytes(8), "no whole GGUF file"),
        ("big-00001-of-00002.gguf", b"GGUF", "one piece of several"),
    ],
)
def test_what_is_no_gguf_file_is_explained(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BaseModelError, match=words):
        gguf_numbers(tmp_path / name)


def test_the_command_says_so_as_json(gguf: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "finetune.bases.files.convert", str(gguf), str(tmp_path / "model")],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "do not belong together" in json.loads(done.stdout.splitlines()[-1])["error"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [gguf.name]
