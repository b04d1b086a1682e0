"""TEST PART: made-up chips for the contract double of the cloud. No figure here was measured."""

from __future__ import annotations

import random
from dataclasses import replace

from quantum.chips.calibration import Calibration, Coupler
from quantum.chips.published import published_72

LARGEST_PART = 23
UNAVAILABLE = 6


def patchy_72() -> Calibration:
    """The 72-qubit lattice with dead couplers and missing qubits.

    As patchy as the real chip was reported to be (66 qubits available, at most 23 connected), in
    places that a fixed seed chose.
    """
    rng = random.Random(72)
    chip = published_72()
    gone = set(rng.sample(range(chip.n_qubits), UNAVAILABLE))
    chip = replace(
        chip,
        qubits={number: item for number, item in chip.qubits.items() if number not in gone},
        source="made up for tests",
    )
    order = list(range(len(chip.couplers)))
    rng.shuffle(order)
    for number in order:
        if len(chip.parts()[0]) <= LARGEST_PART:
            break
        couplers = list(chip.couplers)
        couplers[number] = replace(couplers[number], fidelity=0.0)
        chip = replace(chip, couplers=tuple(couplers))
    return chip


def line(length: int, chip: str = "72") -> Calibration:
    """A small chip: qubits in a row, all couplers live."""
    figures = published_72().qubits[0]
    return Calibration(
        chip,
        "2026-01-01",
        length,
        dict.fromkeys(range(length), figures),
        tuple(Coupler(qubit, qubit + 1, 0.97) for qubit in range(length - 1)),
        source="made up for tests",
    )
