"""Running `python -m finetune.explorer.experiment`: what goes in, what comes out, how long.

A process of its own keeps torch and Qiskit out of the worker, and can be stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from finetune.exceptions import StudioError
from finetune.explorer.experiment.spec import PUBLISHED
from finetune.hardware.chips import hardware_capabilities
from finetune.hardware.selectors import calibration_list_for, calibration_newest
from finetune.outside.environment import without_secrets

from .models import QuantumExperiment

GRACE_SECONDS = 15


def experiment_folder(experiment: QuantumExperiment) -> Path:
    return Path(settings.EXPERIMENT_DIR) / experiment.public_id


def computed(experiment: QuantumExperiment, results: dict[str, str]) -> dict[str, Any]:
    """Run `python -m finetune.explorer.experiment` for an experiment and read its result.

    Raises:
        StudioError: it took too long or ended without a result.
    """
    folder = experiment_folder(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    answer = folder / "result.json"
    answer.unlink(missing_ok=True)
    (folder / "spec.json").write_text(json.dumps(values_for(experiment, results)))
    limit = settings.EXPERIMENT_SECONDS
    command = [
        sys.executable,
        "-m",
        "finetune.explorer.experiment",
        str(folder),
        str(limit + GRACE_SECONDS),
    ]
    with (folder / "log.txt").open("wb") as log:
        try:
            subprocess.run(
                command,
                cwd=settings.BASE_DIR,
                env=without_secrets(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StudioError(
                _(
                    "It was stopped after %(limit)s s. Take fewer qubits, gates or shots, or "
                    "leave the noise out."
                )
                % {"limit": limit},
                code="too_long",
            ) from None
    try:
        found: dict[str, Any] = json.loads(answer.read_text())
    except (OSError, ValueError):
        lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "it said nothing"
        raise StudioError(
            _("The computation ended without a result: %(last)s") % {"last": last}, code="lost"
        ) from None
    return found


def values_for(experiment: QuantumExperiment, results: dict[str, str]) -> dict[str, Any]:
    """The spec, and beside it what only the site knows."""
    values: dict[str, Any] = {**experiment.spec, "results": results}
    noise = experiment.spec.get("noise", PUBLISHED)
    if noise != PUBLISHED:
        row = calibration_list_for(experiment.team).filter(public_id=noise).first()
        if row is None:
            raise StudioError(
                _("The calibration that was chosen for the noise is gone. Choose another one."),
                code="not_found",
            )
        values["noise_figures"] = row.figures
    chip = experiment.spec.get("chip", "")
    figures = calibration_newest(experiment.team, chip)
    known = figures.calibration if figures else None
    if figures is not None:
        values["chip_figures"] = figures.figures
    return {**values, "hardware": asdict(hardware_capabilities(chip, known))}
