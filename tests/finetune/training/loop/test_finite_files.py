"""Saved adapters with numbers that are not finite are found in every format, without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from finetune.training.loop.finite_files import WEIGHTS, adapter_problem

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e5m2,
          torch.float8_e4m3fn]  # fmt: skip


def saved(folder: Path, tensor: torch.Tensor) -> Path:
    save_file({"first": torch.zeros(3), "count": torch.tensor([2**31 - 1, -1]), "last": tensor},
              folder / WEIGHTS)  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("dtype", "number"),
    [
        (dtype, number)
        for dtype in FLOATS
        for number in ("nan", "inf", "-inf")
        if dtype != torch.float8_e4m3fn or number == "nan"  # it has no infinity
    ],
    ids=str,
)
def test_one_number_is_found(tmp_path: Path, dtype: torch.dtype, number: str) -> None:
    tensor = torch.tensor([[0.0, 1.0], [float(number), -2.0]]).to(dtype)
    problem = adapter_problem(saved(tmp_path, tensor))
    assert "1 of the 4 numbers of last" in problem


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_largest_and_smallest_numbers_are_finite(tmp_path: Path, dtype: torch.dtype) -> None:
    limits = torch.finfo(dtype)
    numbers = [limits.max, limits.min, limits.tiny, 0.0, -0.0]
    tensor = torch.tensor(numbers, dtype=torch.float64).to(dtype)
    assert adapter_problem(saved(tmp_path, tensor)) == ""


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 100])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WEIGHTS).write_bytes(content)
    assert "cannot be read" in adapter_problem(tmp_path)


def test_it_needs_no_torch() -> None:
    code = (
        "import sys, finetune.training.loop.finite_files, finetune.training.dialogues.positions, "
        "finetune.training.log.verdicts, finetune.training.dialogues.left_out\n"
        "assert not {'torch', 'transformers', 'peft', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
