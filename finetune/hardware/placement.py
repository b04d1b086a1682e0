"""Whether circuits fit on a chip, by its newest figures, and what a job's machine is called."""

from __future__ import annotations

from django.utils.translation import gettext as _

from finetune.teams.models import Team
from quantum.backends.registry import BACKENDS

from .models import QuantumCalibration, QuantumJob


def placement_doubt(team: Team, chip: str, qubits: int) -> str:
    """Why circuits may not fit the chip, by its newest figures; empty if nothing speaks against.

    Args:
        qubits: the most qubits of a circuit that its gates join with each other.
    """
    newest = QuantumCalibration.objects.for_team(team).filter(chip=chip).first()
    if newest is None:
        return _(
            "Nobody has fetched the figures of chip %(chip)s with this team's keys, "
            "so it is not known whether %(qubits)s live qubits hang together on it."
        ) % {"chip": chip, "qubits": qubits}
    largest = max((len(part) for part in newest.calibration.parts()), default=0)
    if qubits <= largest:
        return ""
    return _(
        "By the newest figures of chip %(chip)s (%(fetched_at)s), at most "
        "%(largest)s live qubits hang together, and the circuit joins "
        "%(qubits)s: its jobs would be refused before they are sent. Take at "
        "most %(largest)s qubits, or the chip's own live couplers."
    ) % {
        "chip": chip,
        "fetched_at": f"{newest.fetched_at:%-d %B %Y}",
        "largest": largest,
        "qubits": qubits,
    }


def place(job: QuantumJob) -> str:
    """The machine of a job in words, for example “Origin Wukong (72)”."""
    title = BACKENDS[job.backend].title if job.backend in BACKENDS else job.backend
    return f"{title} ({job.chip})" if job.chip else title
