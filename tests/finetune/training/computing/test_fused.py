"""Liger's kernel beside our output layer: the same loss, gradient and count, or it is not used.

On a machine without a GPU, with `pip install triton liger-kernel` and TRITON_INTERPRET=1 in the
environment, Triton runs the same kernels in Python.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from finetune.training.computing import chosen, fused
from finetune.training.computing.chosen import FILE, Computing
from finetune.training.loop.head import fused_agrees, head_loss
from finetune.training.settings import RunSettings

DEVICE = chosen.run_device()
needs_kernel = pytest.mark.skipif(
    not fused.runs_here(DEVICE),
    reason="needs CUDA and requirements-liger.txt, or Triton and TRITON_INTERPRET=1",
)


@needs_kernel
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_agrees_on_this_machine(dtype: torch.dtype) -> None:
    assert fused_agrees(DEVICE, dtype)


@needs_kernel
def test_the_loss_of_a_head_is_the_same() -> None:
    head = torch.nn.Linear(32, 500, bias=False).requires_grad_(False).to(DEVICE)
    goal = torch.randint(0, 500, (37,), device=DEVICE)
    hidden = torch.randn(37, 32, device=DEVICE)
    answers = []
    for one_kernel in (False, True):
        read = hidden.clone().requires_grad_()
        total, right = head_loss(read, head, goal, fused=one_kernel)
        (total * 0.3).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            assert float(head_loss(hidden, head, goal, fused=one_kernel)[0]) == pytest.approx(
                float(total.detach())
            )
        answers.append((total.detach(), right, read.grad))
    torch.testing.assert_close(answers[0][0], answers[1][0], rtol=1e-5, atol=0)
    torch.testing.assert_close(answers[0][2], answers[1][2], rtol=1e-4, atol=1e-6)
    assert int(answers[0][1]) == int(answers[1][1])


@pytest.mark.parametrize("off_by", ["nothing", "loss", "gradient", "count"])
def test_what_does_not_agree_is_told(off_by: str) -> None:
    def ours(
        hidden: torch.Tensor, weight: torch.Tensor, goal: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits = hidden @ weight.t()
        total = torch.nn.functional.cross_entropy(logits, goal, reduction="sum")
        return total, (logits.argmax(dim=1) == goal).sum()

    def theirs(
        hidden: torch.Tensor, weight: torch.Tensor, goal: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        total, right = ours(hidden, weight, goal)
        if off_by == "loss":
            total = total + 1.0
        if off_by == "gradient":
            total = total + (hidden - hidden.detach()).sum()
        return total, right + (off_by == "count")

    cpu = torch.device("cpu")
    assert fused.agrees(ours, theirs, cpu, torch.float32) == (off_by == "nothing")


def test_without_it_ours_is_taken_and_a_run_that_had_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused, "PACKAGE", "no_such_package")
    settings = RunSettings(threads=1)
    fresh = Computing.of(settings, tmp_path, resumed=False)
    assert not fresh.fused
    assert not fresh.doubt()
    kept = json.loads((tmp_path / FILE).read_text()) | {"fused": True}
    (tmp_path / FILE).write_text(json.dumps(kept))
    resumed = Computing.of(settings, tmp_path, resumed=True)
    assert resumed.fused
    assert not resumed.fuses
    assert "Liger" in resumed.doubt()


def test_what_an_earlier_version_kept_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"precision": "float32", "why": "as asked", "threads": 2}')
    assert not Computing.of(RunSettings(), tmp_path, resumed=True).fused
