"""One step of a run on its real shapes, to see what it takes before it is started.

    python -m finetune.training try RUN_DIR

The folder is a run's; the answer stands in `trial.json` there, and nothing else in it is touched:
it may be trained in meanwhile, or have been. The batch with the most positions is computed first,
which tells the peak of memory and warms up; then the one nearest to the average, for the time.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from finetune.files import write_whole
from finetune.training.computing.chosen import Computing
from finetune.training.config import ANSWER, RunConfig
from finetune.training.dialogues.data import IGNORED
from finetune.training.dialogues.order import RunOrder
from finetune.training.log.events import EventLog
from finetune.training.log.failures import explain
from finetune.training.loop.trainer import DialogueTrainer
from finetune.training.run import prepared
from finetune.training.supervision import ExitCode, Supervision
from finetune.training.use.meter import peak_bytes
from quantum.backends.registry import BACKENDS

NOTHING_KEPT: dict[str, Any] = {"trained_tokens": 0, "seconds": 0.0}


def dry_run(folder: Path, supervision: Supervision) -> int:
    """Try the run in `folder` and write what it took, or why it cannot be trained.

    Args:
        folder: a run folder; `config.json` must be in it.
        supervision: whether to leave early.

    Returns:
        The exit code, an `ExitCode`.
    """
    folder = folder.absolute()
    try:
        with tempfile.TemporaryDirectory() as scratch:  # a log and choices of the trial's own
            answer = _tried(folder, Path(scratch), supervision)
    except Exception as error:
        failure = explain(error, folder)
        answer = {"problem": failure.message, "hint": failure.hint}
    write_whole(folder / ANSWER, json.dumps(answer) + "\n")
    return ExitCode.FAILED if "problem" in answer else ExitCode.SUCCEEDED


def _tried(folder: Path, scratch: Path, supervision: Supervision) -> dict[str, Any]:
    started = time.monotonic()
    config = RunConfig.read(folder / "config.json")
    files = {name: getattr(config, name) for name in ("train_file", "validation_file")}
    config = config.changed(**{name: str(folder / file) for name, file in files.items() if file})
    if BACKENDS[config.backend].billable:
        raise ValueError(f"{BACKENDS[config.backend].title} costs money: nothing is tried there.")
    if config.sharding != "none":
        raise ValueError("A trial takes one device, which a base split among several may not fit.")
    computing = Computing.of(config, scratch, resumed=False)
    with EventLog(scratch / "events.jsonl") as log:
        trainer, _ = prepared(scratch, config, log, supervision, NOTHING_KEPT, computing)
        loaded = time.monotonic() - started
        assert isinstance(trainer.train_dataset, RunOrder)
        longest, typical = chosen(trainer.train_dataset, config.batch_size)
        trainer.create_optimizer()
        first = _step(trainer, trainer.train_dataset, longest)
        took = _step(trainer, trainer.train_dataset, typical)
    return {
        "step_seconds": round(took["seconds"] * config.gradient_accumulation, 3),
        "longest_seconds": round(first["seconds"], 3),
        "longest_tokens": first["tokens"],
        "tokens": took["tokens"] * config.gradient_accumulation,
        "load_seconds": round(loaded, 1),
        "peak_bytes": peak_bytes(),
        "precision": computing.precision,
        "threads": torch.get_num_threads(),
    }


def chosen(order: RunOrder, size: int) -> tuple[int, int]:
    """Return where the batch with the most tokens begins, and the one nearest to the average.

    Args:
        order: the examples of the run.
        size: examples of a batch.
    """
    starts = range(0, len(order) - size + 1, size)
    tokens = [sum(order[at + row].length for row in range(size)) for at in starts]
    longest = max(range(len(tokens)), key=tokens.__getitem__)
    mean = sum(tokens) / len(tokens)
    typical = min(range(len(tokens)), key=lambda number: abs(tokens[number] - mean))
    return longest * size, typical * size


def _step(trainer: DialogueTrainer, order: RunOrder, start: int) -> dict[str, Any]:
    """Forward, back, and the optimizer's part, of one batch."""
    size = trainer.config.batch_size
    batch = trainer.collate([order[start + row] for row in range(size)], pad=trainer.pad)
    device = next(trainer.adapted.parameters()).device
    inputs = {name: values.to(device) for name, values in batch.items()}
    labels = int((inputs["labels"][:, 1:] != IGNORED).sum())
    trainer.adapted.train()
    began = time.monotonic()
    loss = trainer.compute_loss(trainer.adapted, inputs, num_items_in_batch=labels)
    loss.backward()  # type: ignore[no-untyped-call]
    assert trainer.optimizer is not None
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return {"seconds": time.monotonic() - began, "tokens": inputs["input_ids"].numel()}
