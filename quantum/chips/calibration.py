"""A chip's figures at one moment: qubits, couplers, fidelities and times.

Fetched from a provider or written by hand, stored as JSON with date and hash. Couplers with a
fidelity of zero are dead: they are kept for the chip's map and are absent for circuits. This module
knows nothing about noise models or how figures are fetched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from quantum.chips.couplers import connected_parts
from quantum.exceptions import CircuitError


@dataclass(frozen=True)
class QubitFigures:
    """One qubit's figures.

    Attributes:
        single_fidelity: Mean fidelity of a one-qubit gate, 0 to 1.
        readout_fidelity: Mean probability of reading the right bit, 0 to 1.
        t1_us: Relaxation time, microseconds; 0 where unknown.
        t2_us: Dephasing time (usually Ramsey T2*), microseconds; 0 where unknown.
        read_0_as_1: Probability of reading 1 for a 0; ``None`` where only the mean is known.
        read_1_as_0: Probability of reading 0 for a 1; ``None`` where only the mean is known.
    """

    single_fidelity: float
    readout_fidelity: float
    t1_us: float = 0.0
    t2_us: float = 0.0
    read_0_as_1: float | None = None
    read_1_as_0: float | None = None


@dataclass(frozen=True)
class Coupler:
    """A pair of qubits and the fidelity of CZ between them; 0 means that it is dead."""

    first: int
    second: int
    fidelity: float


@dataclass(frozen=True)
class Calibration:
    """A chip at one moment.

    Attributes:
        chip: The provider's name, e.g. ``"72"`` or ``"WK_C180"``.
        date: When the figures were fetched, ISO 8601.
        n_qubits: Number of qubits on the chip.
        qubits: Figures of the available qubits, by number.
        couplers: All couplers that were reported, dead ones too.
        single_gate_ns: Duration of a one-qubit gate, nanoseconds.
        two_gate_ns: Duration of CZ, nanoseconds.
        source: Where the figures come from, in words.

    >>> Calibration("toy", "2026-01-01", 2, {0: QubitFigures(1, 1), 1: QubitFigures(1, 1)},
    ...     (Coupler(0, 1, 0.98),)).live_couplers
    ((0, 1),)
    """

    chip: str
    date: str
    n_qubits: int
    qubits: Mapping[int, QubitFigures]
    couplers: tuple[Coupler, ...]
    single_gate_ns: float = 30.0
    two_gate_ns: float = 40.0
    source: str = field(default="", compare=False)

    @property
    def live_couplers(self) -> tuple[tuple[int, int], ...]:
        """Couplers that work between available qubits, each pair in rising order, sorted."""
        return tuple(
            sorted(
                (min(c.first, c.second), max(c.first, c.second))
                for c in self.couplers
                if c.fidelity > 0 and {c.first, c.second} <= self.qubits.keys()
            )
        )

    def coupler_fidelity(self, first: int, second: int) -> float:
        """Fidelity of CZ between two qubits; 0 where there is no live coupler."""
        for coupler in self.couplers:
            if {coupler.first, coupler.second} == {first, second}:
                return coupler.fidelity
        return 0.0

    def parts(self) -> tuple[tuple[int, ...], ...]:
        """The qubits that hang together by live couplers, largest part first."""
        return connected_parts(self.qubits, self.live_couplers)

    def joined(self, n_qubits: int) -> tuple[int, ...]:
        """The numbers of ``n_qubits`` qubits that hang together as far as they can, rising.

        The largest part is used first, each part from its lowest qubit outwards. Fewer come back
        where fewer are available.
        """
        live, chosen = self.live_couplers, list[int]()
        for part in self.parts():
            edge = [part[0]]
            while edge and len(chosen) < n_qubits:
                qubit = edge.pop(0)
                if qubit not in chosen:
                    chosen.append(qubit)
                    edge += sorted({q for pair in live if qubit in pair for q in pair})
        return tuple(sorted(chosen))

    def to_json(self) -> str:
        """JSON text, the same for the same figures."""
        data = asdict(self)
        data["qubits"] = {str(number): asdict(item) for number, item in self.qubits.items()}
        return json.dumps(data, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Read what ``to_json`` wrote.

        Raises:
            CircuitError: The text is not a calibration.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            data["qubits"] = {
                int(number): QubitFigures(**item) for number, item in data["qubits"].items()
            }
            data["couplers"] = tuple(Coupler(**item) for item in data["couplers"])
            return cls(**data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CircuitError(f"This is not a calibration: {error}") from error

    def fingerprint(self) -> str:
        """First 12 hexadecimal digits of SHA-256 over the figures."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]
