"""A trainer that nobody watches: the best checkpoint stays, the early end takes it, and what goes
wrong ends or is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune.training.log.events import read_events
from finetune.training.loop import evaluation, trainer
from finetune.training.loop.evaluation import HeldOut
from finetune.training.loop.metrics import TokenLoss
from finetune.training.supervision import ExitCode

Make = Callable[..., Path]


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    events = read_events(folder / "events.jsonl")
    return [event["data"] for event in events if event["type"] == kind]


def error_message(folder: Path) -> str:
    events = read_events(folder / "events.jsonl")
    return next(str(event["message"]) for event in events if event["type"] == "error")


def kept(folder: Path) -> set[int]:
    return {int(path.name[11:]) for path in (folder / "checkpoints").glob("checkpoint-*")}


def weights(folder: Path) -> bytes:
    return (folder / "adapter_model.safetensors").read_bytes()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Held-out losses that evaluations will find, one after the other; the model is real."""
    losses: list[float] = []
    real = evaluation.held_out

    def found(*given: Any, **options: Any) -> HeldOut:
        one = real(*given, **options)
        return HeldOut(losses.pop(0), one.accuracy, one.tokens)

    monkeypatch.setattr(trainer, "held_out", found)
    return losses


def test_the_best_checkpoint_stays(make_run: Make, run_here: Any, measured: list[float]) -> None:
    measured += [9.0, 5.0, 6.0, 7.0]
    folder = make_run(eval_every=4, save_every=3, sample_tokens=0)
    assert run_here(folder) == 0
    assert kept(folder) == {4, 9, 12}  # 4 was written because it was the best
    result = of(folder, "result")[0]
    assert (result["best_step"], result["best_validation_loss"]) == (4, 5.0)
    assert (result["adapter_step"], result["ended_early"]) == (12, False)
    assert weights(folder / "adapter") == weights(folder / "checkpoints" / "checkpoint-12")


def test_so_many_of_the_newest_stay(make_run: Make, run_here: Any) -> None:
    folder = make_run(eval_every=0, save_every=2, keep_checkpoints=4, sample_tokens=0)
    assert run_here(folder) == 0
    assert kept(folder) == {6, 8, 10, 12}


def test_an_early_end_takes_the_best(make_run: Make, run_here: Any, measured: list[float]) -> None:
    measured += [9.0, 5.0, 6.0, 7.0]
    folder = make_run(steps=40, eval_every=2, save_every=2, early_stopping=2, sample_tokens=0)
    assert run_here(folder) == 0
    assert len(of(folder, "metrics")) == 6
    result = of(folder, "result")[0]
    assert result["ended_early"] is True
    assert (result["last_step"], result["adapter_step"]) == (6, 2)
    assert result["validation_loss"] == 5.0
    best = folder / "checkpoints" / "checkpoint-2"
    assert weights(folder / "adapter") == weights(best)
    assert weights(folder / "adapter") != weights(folder / "checkpoints" / "checkpoint-6")
    lines = (folder / "events.jsonl").read_bytes()
    assert run_here(folder) == 0  # started once more there is nothing to do
    assert (folder / "events.jsonl").read_bytes() == lines


def test_an_early_end_that_was_cut_off_comes_to_the_same(
    make_run: Make, run_here: Any, measured: list[float]
) -> None:
    options = {"steps": 40, "eval_every": 2, "save_every": 2, "early_stopping": 2}
    measured += [9.0, 5.0, 6.0, 7.0] * 2
    whole = make_run("whole", **options, sample_tokens=0)
    cut = make_run("cut", **options, sample_tokens=0)
    assert run_here(whole) == 0
    assert run_here(cut) == 0
    # Killed after its last evaluation and before the adapter was sealed.
    lines = (cut / "events.jsonl").read_text().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if json.loads(line)["type"] == "evaluation")
    (cut / "events.jsonl").write_text("".join(lines[: last + 1]))
    for path in (cut / "adapter").iterdir():
        path.unlink()
    (cut / "adapter").rmdir()
    assert run_here(cut) == 0
    assert weights(cut / "adapter") == weights(whole / "adapter")
    assert len(of(cut, "metrics")) == 6
    assert of(cut, "result")[0]["adapter_step"] == 2


def test_an_evaluation_that_is_not_done_again_counts(
    make_run: Make, run_here: Any, measured: list[float]
) -> None:
    """The only progress was seen after the checkpoint that a killed trainer left."""
    measured += [5.0, 5.1, 4.0, 5.2, 5.3, 5.4, 5.5]
    folder = make_run(
        steps=24, eval_every=4, save_every=2, keep_checkpoints=99, gradient_accumulation=1,
        sample_tokens=0,
    )  # fmt: skip
    assert run_here(folder) == 0
    assert not any("trouble" in data for data in of(folder, "warning"))
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    read = [json.loads(line) for line in lines]
    best = next(n for n, one in enumerate(read)
                if one["type"] == "evaluation" and one["data"]["step"] == 8)  # fmt: skip
    (folder / "events.jsonl").write_text("".join(lines[: best + 1]))
    shutil.rmtree(folder / "adapter")
    for step in kept(folder):
        if step > 6:
            shutil.rmtree(folder / "checkpoints" / f"checkpoint-{step}")
    measured += [5.2, 5.3, 5.4, 5.5]
    assert run_here(folder) == 0
    assert not any("trouble" in data for data in of(folder, "warning"))


def test_an_exploded_loss_ends_the_run_and_keeps_the_best(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, taken = trainer.token_loss, []

    def exploding(*given: Any, **options: Any) -> TokenLoss:
        """The tiny model's own loss cannot rise that far: its last norm bounds it."""
        taken.append(1)
        loss = real(*given, **options)
        return replace(loss, total=loss.total * (3 if len(taken) > 2 * 18 else 1))

    monkeypatch.setattr(trainer, "token_loss", exploding)
    folder = make_run(steps=40, eval_every=2, save_every=2, sample_tokens=0)
    assert run_here(folder) == ExitCode.FAILED
    error = of(folder, "error")[0]
    assert error["kind"] == "exploding_loss"
    assert error["changes"] == {"learning_rate": 0.0033}
    losses = {data["step"]: data["validation_loss"] for data in of(folder, "evaluation")}
    best = min((loss, step) for step, loss in losses.items() if step)[1]
    assert best in kept(folder)
    assert "is kept" in error_message(folder)
    assert len(of(folder, "metrics")) < 24


def test_a_dead_circuit_is_told(make_run: Make, run_here: Any, monkeypatch: Any) -> None:
    from quantum.adapters.report import CircuitReport

    def flat(model: Any, *, entanglement: bool = False) -> CircuitReport:
        return CircuitReport(3, 0.0, 0.0)

    monkeypatch.setattr(trainer, "circuit_report", flat)
    folder = make_run(eval_every=0, sample_tokens=0)
    assert run_here(folder) == 0
    [told] = [data for data in of(folder, "warning") if data.get("trouble")]
    assert told["trouble"] == "dead_circuit"


def test_without_memory_the_message_says_which_sizes(
    make_run: Make, run_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"
        )

    monkeypatch.setattr(trainer, "token_loss", no_room)
    folder = make_run(eval_every=0, batch_size=4, gradient_accumulation=1, sample_tokens=0)
    assert run_here(folder) == ExitCode.FAILED
    error = of(folder, "error")[0]
    assert error["kind"] == "out_of_memory"
    assert error["changes"] == {"batch_size": 2, "gradient_accumulation": 2}
