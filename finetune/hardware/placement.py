"""Whether circuits fit on a chip, by its newest figures, and what a job's machine is called."""

from __future__ import annotations

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
        return (
            f"Nobody has fetched the figures of chip {chip} with this team's keys, so it is not "
            f"known whether {qubits} live qubits hang together on it."
        )
    largest = max((len(part) for part in newest.calibration.parts()), default=0)
    if qubits <= largest:
        return ""
    return (
        f"By the newest figures of chip {chip} ({newest.fetched_at:%-d %B %Y}), at most {largest} "
        f"live qubits hang together, and the circuit joins {qubits}: its jobs would be refused "
        f"before they are sent. Take at most {largest} qubits, or the chip's own live couplers."
    )


def place(job: QuantumJob) -> str:
    """The machine of a job in words, for example “Origin Wukong (72)”."""
    title = BACKENDS[job.backend].title if job.backend in BACKENDS else job.backend
    return f"{title} ({job.chip})" if job.chip else title
