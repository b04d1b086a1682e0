"""The number format is the processor's to say, and the log tells which it was."""

import logging
from pathlib import Path

import pytest
import torch

from chat.engine.inference.precision import dtype_of
from finetune.training.computing import precision
from quantum.processor import multiplies_bfloat16, usable_cores

AMX = "model name : Xeon\nflags : fpu avx512f amx_bf16 amx_tile\n"
PLAIN = "model name : EPYC\nflags : fpu avx2 avx512_bf16\n"


def test_the_processor_is_asked(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(AMX)
    assert multiplies_bfloat16(info)
    info.write_text(PLAIN)
    assert not multiplies_bfloat16(info)
    assert not multiplies_bfloat16(tmp_path / "missing")


def test_a_container_s_share_counts(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("100000 100000\n")
    assert usable_cores(quota) == 1
    quota.write_text("50000 100000\n")
    assert usable_cores(quota) == 1
    quota.write_text("max 100000\n")
    assert usable_cores(quota) == usable_cores(tmp_path / "missing")


@pytest.mark.parametrize("has_amx", [True, False])
def test_auto_follows_the_processor_and_says_so(
    has_amx: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: has_amx)
    with caplog.at_level(logging.INFO, "engine"):
        chosen = dtype_of(torch.device("cpu"), "auto")
    assert chosen is (torch.bfloat16 if has_amx else torch.float32)
    assert ("bfloat16 on cpu: the processor has AMX" in caplog.text) is has_amx
    assert dtype_of(torch.device("cpu"), "float32") is torch.float32
