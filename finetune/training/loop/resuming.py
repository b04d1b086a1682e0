"""Which checkpoint a run goes on from: the newest that is whole, finite and told in the log.

Knows nothing of the training loop.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from finetune.training.log.events import EventLog

from . import checkpoints
from .finite import all_finite
from .finite_files import adapter_problem

OPTIMIZER = "optimizer.pt"


def checkpoint_found(folder: Path, log: EventLog) -> checkpoints.Found:
    """Find where a run goes on, and say in its log what was passed over and why.

    Args:
        folder: the run folder.
        log: its log. A checkpoint that is newer is of no use: the steps between would be missing
            from the record for ever.
    """

    def problem(path: Path) -> str:
        missing = log.lacks(checkpoints.step_of(path))
        if missing is not None:
            return f"is newer than the log, which lacks step {missing},"
        return checkpoint_problem(path)

    found = checkpoints.newest(folder / "checkpoints", problem)
    for path, reason in zip(found.damaged, found.problems, strict=True):
        data = {"path": f"checkpoints/{path.name}", "reason": reason.rstrip(",")}
        log.emit("warning", f"{path.name} {reason} and is passed over.", data)
    return found


def checkpoint_problem(path: Path) -> str:
    """Return why an intact checkpoint cannot be gone on from, or an empty text."""
    if problem := adapter_problem(path):
        return f"holds numbers that are not finite ({problem})"
    try:
        kept = torch.load(path / OPTIMIZER, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return ""  # Trainer then starts with a fresh optimizer
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        return f"has an {OPTIMIZER} that cannot be read ({str(error).splitlines()[0]:.80})"
    moments = [
        value
        for state in kept["state"].values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]
    return "" if all_finite(moments) else "holds numbers that are not finite (the optimizer's)"
