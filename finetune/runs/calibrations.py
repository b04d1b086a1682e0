"""The chip on whose couplers a run's circuit is built: whose figures the run takes with it."""

from __future__ import annotations

from finetune.hardware.models import QuantumCalibration
from finetune.teams.models import Team
from finetune.training.settings import RunSettings
from quantum.backends.registry import BACKENDS
from quantum.chips.calibration import Calibration
from quantum.chips.published import published_72

from .models import Run


def calibration_for(team: Team, chosen: RunSettings, continues: Run | None = None) -> str:
    """A chip's figures as JSON; empty where the circuit needs none, or none are known.

    Figures given in the settings come first, then those of the run that this one goes on from,
    then the team's newest: of the chosen chip on a quantum computer, else of any chip. Without
    any, a simulator takes the published typical figures, and a quantum computer nothing.

    Args:
        continues: the run that this one goes on from.
    """
    if not chosen.on_chip:
        return ""
    if given := chosen.calibration or (continues and continues.settings.calibration):
        return given
    stored = QuantumCalibration.objects.for_team(team)
    if BACKENDS[chosen.backend].billable:
        newest = stored.filter(chip=chosen.machine["chip"]).first()
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
