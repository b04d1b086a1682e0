"""The circuits of runs and the files of their pictures. No torch, no Qiskit."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from finetune.training.run_circuit import RunCircuit, circuit_for
from quantum.adapters.spec import targeted

from .models import Run

THEMES = ("light", "dark")


def picture_file(key: str, theme: str) -> Path:
    """Where `finetune.runs.drawings` puts the picture of `RunCircuit.key`."""
    return Path(settings.CIRCUIT_DIR) / f"{key}-{theme}.svg"


def circuit_of_run(run: Run) -> RunCircuit | None:
    """The circuit of a run, or None if it trains without one."""
    chosen = run.settings
    return circuit_for(chosen, targeted(run.base.linear_shapes, chosen.targets))
