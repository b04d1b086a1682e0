"""Which circuit is drawn for a run: its own, or a small member of the same family.

A picture of seventy-two wires shows nothing, so a wide circuit is shown by one of six qubits.
Knows nothing of torch, of Qiskit or of where pictures are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quantum.adapters.registry import get_adapter
from quantum.chips.calibration import Calibration
from quantum.circuits.circuit import Circuit

WIDEST = 12
SMALL = 6


@dataclass(frozen=True)
class Picture:
    """A circuit to draw.

    Attributes:
        circuit: what is drawn.
        key: its name among files: the adapter and a hash of the circuit.
        whole: whether it is the run's own circuit and not a small member of its family.
    """

    circuit: Circuit
    key: str
    whole: bool


def picture_of(
    adapter: str, options: Mapping[str, Any], chip: Calibration | None = None
) -> Picture | None:
    """Return what to draw for an adapter with these options; None if it has no circuit.

    A circuit on a chip that is not given is shown by a small lattice.

    Raises:
        UnknownNameError: there is no such adapter.
        OptionError: an option is wrong.
    """
    spec = get_adapter(adapter)
    named = spec.circuit_options
    if named is None:
        return None
    unknown = named.on_chip(options) and chip is None
    if unknown:
        options = {**named.off_chip(options), named.width: SMALL}
    circuit = spec.circuit(options, chip)
    if circuit is None:
        return None
    whole = circuit.n_qubits <= WIDEST and not unknown
    if circuit.n_qubits > WIDEST:
        circuit = spec.circuit({**options, named.width: SMALL}, chip) or circuit
    return Picture(circuit, f"{adapter}-{fingerprint(circuit)}", whole)


def fingerprint(circuit: Circuit) -> str:
    """Return sixteen digits that are the same for the same circuit."""
    content = repr((circuit.n_qubits, circuit.operations, circuit.name))
    return hashlib.sha256(content.encode()).hexdigest()[:16]
