"""Chips whose typical figures were published, and the label of everything modelled on a chip.

Only typical figures are public for the 72-qubit chip, so every qubit and coupler carries the same
ones: nothing here is a measurement of a particular qubit. This module knows nothing about how
figures are fetched or used.
"""

from __future__ import annotations

from functools import cache

from quantum.chips.calibration import Calibration, Coupler, QubitFigures
from quantum.circuits.ansatz import lattice_couplers

PUBLISHED_SOURCE = "published typical figures, not a fetched calibration"

_ROWS, _COLUMNS = 12, 6
# The middle of each published range: one-qubit gates .995-.997, readout .92-.94, CZ .952-.983,
# T1 9-17 us, T2 1.1-1.8 us.
_QUBIT = QubitFigures(single_fidelity=0.996, readout_fidelity=0.93, t1_us=13.0, t2_us=1.45)
_CZ_FIDELITY = 0.968


@cache
def published_72() -> Calibration:
    """The 72-qubit Wukong with typical figures: 12 x 6 lattice, 126 couplers, all taken as live.

    On the real chip many couplers are dead; which ones changes, and is not public in general.
    """
    return Calibration(
        chip="72",
        date="2026-11-22",  # when they were written down here
        n_qubits=_ROWS * _COLUMNS,
        qubits=dict.fromkeys(range(_ROWS * _COLUMNS), _QUBIT),
        couplers=tuple(
            Coupler(first, second, _CZ_FIDELITY)
            for first, second in sorted(lattice_couplers(_ROWS, _COLUMNS))
        ),
        source=PUBLISHED_SOURCE,
    )


def noise_label(calibration: Calibration) -> str:
    """What must stand beside every number that this model made."""
    return (
        f"model, not hardware: chip {calibration.chip}, {calibration.date}, "
        f"{calibration.fingerprint()}"
    )
