"""The states of all random number generators that a training step draws from.

Knows nothing of the training loop: it takes a snapshot and puts it back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Snapshot:
    """Generator states at one moment: Python's, NumPy's, torch's and those of its devices."""

    of_python: Any
    of_numpy: Any
    of_torch: torch.Tensor
    of_devices: list[torch.Tensor]


def snapshot() -> Snapshot:
    """Take the states as they are now."""
    return Snapshot(
        of_python=random.getstate(),
        of_numpy=np.random.get_state(),
        of_torch=torch.get_rng_state(),
        of_devices=torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    )


def restore(taken: Snapshot) -> None:
    """Go back to a snapshot."""
    random.setstate(taken.of_python)
    np.random.set_state(taken.of_numpy)
    torch.set_rng_state(taken.of_torch)
    if taken.of_devices:
        torch.cuda.set_rng_state_all(taken.of_devices)
