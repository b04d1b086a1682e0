"""TEST PART: counts for the contract double of the cloud, by Aer on this machine. No hardware.

Knows OriginIR and our simulators; nothing about HTTP or tasks.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from quantum.backends.aer import AerBackend
from quantum.backends.base import Batch
from quantum.chips.calibration import Calibration, Coupler
from quantum.circuits.interchange.originir import from_originir

WIDE = 20  # qubits; above it Aer's matrix product states


def sample(
    texts: list[str], shots: int, calibration: Calibration | None, seed: int
) -> list[dict[str, int]]:
    """Counts of each program, keyed by bit string, classical bit 0 rightmost.

    Args:
        texts: OriginIR with measurements.
        shots: Of each program.
        calibration: The chip whose noise is modelled; ``None`` for ideal counts.
        seed: With the programs it fixes the counts.
    """
    return [_sample(text, shots, calibration, seed) for text in texts]


def _sample(text: str, shots: int, calibration: Calibration | None, seed: int) -> dict[str, int]:
    circuit, measured = from_originir(text), measurements(text)
    used = sorted({q for op in circuit.operations for q in op.qubits} | set(measured.values()))
    index = {qubit: number for number, qubit in enumerate(used)}
    small = circuit.renumbered(index)
    digest = hashlib.sha256(f"{seed} {text}".encode()).digest()
    method = "matrix_product_state" if len(used) > WIDE else "automatic"
    backend = AerBackend(
        {"method": method}, calibration=_cut_out(calibration, used) if calibration else None
    )
    handle = backend.submit(Batch((small,), shots, int.from_bytes(digest[:4]) >> 1), "double")
    counts: dict[str, int] = {}
    for bits, number in backend.fetch(handle).counts[0].items():
        outcome = ["0"] * (max(measured) + 1)
        for bit, qubit in measured.items():
            outcome[-1 - bit] = bits[-1 - index[qubit]]
        counts["".join(outcome)] = counts.get("".join(outcome), 0) + number
    return counts


def measurements(text: str) -> dict[int, int]:
    """Which qubit each classical bit holds, ``{classical bit: qubit}``, rising by bit."""
    pairs = re.findall(r"MEASURE q\[(\d+)\],c\[(\d+)\]", text)
    return dict(sorted((int(bit), int(qubit)) for qubit, bit in pairs))


def _cut_out(calibration: Calibration, used: list[int]) -> Calibration:
    """The calibration of some qubits, renumbered from 0."""
    index = {qubit: number for number, qubit in enumerate(used)}
    return replace(
        calibration,
        n_qubits=len(used),
        qubits={index[qubit]: calibration.qubits[qubit] for qubit in used},
        couplers=tuple(
            Coupler(index[c.first], index[c.second], c.fidelity)
            for c in calibration.couplers
            if {c.first, c.second} <= index.keys()
        ),
    )
