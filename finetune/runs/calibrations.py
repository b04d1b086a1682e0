"""The chip on whose couplers a run's circuit is built: whose figures the run takes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetune.hardware.models import QuantumCalibration
from finetune.teams.models import Team
from finetune.training.circuits.backends import on_chip
from quantum.backends.registry import BACKENDS
from quantum.backends.wukong_options import FIELDS
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72

from .models import Run

CHIP = next(str(field.default) for field in FIELDS if field.name == "chip")


def calibration_for(team: Team, config: Mapping[str, Any], continues: Run | None = None) -> str:
    """A chip's figures as JSON; empty where the circuit needs none, or none are known.

    Figures given in the settings come first, then those of the run that this one goes on from,
    then the team's newest: of the chosen chip on a quantum computer, else of any chip. Without
    any, a simulator takes the published typical figures, and a quantum computer nothing.

    Args:
        config: fields of `RunConfig`, as typed or checked.
        continues: the run that this one goes on from.
    """
    if not on_chip(config):
        return ""
    if given := config.get("calibration"):
        return str(given)
    if continues is not None and continues.config.get("calibration"):
        return str(continues.config["calibration"])
    stored = QuantumCalibration.objects.for_team(team)
    spec = BACKENDS.get(str(config.get("backend", "")))
    if spec is not None and spec.billable:
        options = config.get("backend_options")
        chip = options.get("chip") if isinstance(options, Mapping) else None
        newest = stored.filter(chip=chip or CHIP).first()
        return newest.figures if newest else ""
    newest = stored.first()
    return newest.figures if newest else published_72().to_json()


def chip_words(calibration: Calibration) -> str:
    """Whose figures, how old, from where, and their hash."""
    source = f" ({calibration.source})" if calibration.source else ""
    return (
        f"chip {calibration.chip}, {len(calibration.qubits)} available qubits, "
        f"{len(calibration.live_couplers)} live couplers, figures of {calibration.date[:10]}"
        f"{source}, {calibration.fingerprint()}"
    )
