"""OriginIR's gates in terms of the gate table.

The definitions are those of pyqpanda3 0.5; the tests compare each with the SDK's own matrix. This
module knows nothing about lines and blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from quantum.circuits.circuit import Operation
from quantum.circuits.gates import gate
from quantum.circuits.interchange.pieces import Piece, controlled, joined, one_qubit, phase_gate
from quantum.exceptions import CircuitError

GATE_NAMES = {
    "x": "X",
    "y": "Y",
    "z": "Z",
    "h": "H",
    "s": "S",
    "t": "T",
    "rx": "RX",
    "ry": "RY",
    "rz": "RZ",
    "cx": "CNOT",
    "cz": "CZ",
    "swap": "SWAP",
    "crx": "CRX",
    "cry": "CRY",
    "crz": "CRZ",
    "rxx": "RXX",
    "rzz": "RZZ",
}
"""Gates of the table that have a name in OriginIR; ``sdg`` and ``tdg`` are DAGGER blocks there."""

IDLE_NAMES = frozenset({"I", "BARRIER", "IDLE", "ECHO"})
"""Statements that change no ideal state."""

_TABLE = {theirs: ours for ours, theirs in GATE_NAMES.items()}
_QUARTER = math.pi / 2


def read_gate(name: str, qubits: Sequence[int], angles: Sequence[float]) -> Piece:
    """A gate by its name in OriginIR.

    A gate on one qubit may name several: it then acts on each.

    Raises:
        CircuitError: The name is unknown, or qubits or angles do not fit.
    """
    if name in _TABLE:
        entry = gate(_TABLE[name])
        n_qubits, n_angles = entry.n_qubits, int(entry.parametric)
    elif name in _OTHERS:
        n_qubits, n_angles, _ = _OTHERS[name]
    else:
        raise CircuitError(f"unknown gate {name!r}; known: {', '.join(_known())}")
    if len(angles) != n_angles:
        raise CircuitError(f"{name} takes {n_angles} angles, got {len(angles)}")
    if n_qubits == 1:
        return joined(_placed(name, (qubit,), angles) for qubit in qubits)
    if len(qubits) != n_qubits or len(set(qubits)) != n_qubits:
        raise CircuitError(f"{name} needs {n_qubits} different qubits, got {list(qubits)}")
    return _placed(name, qubits, angles)


def _known() -> list[str]:
    return sorted({*_TABLE, *_OTHERS, *IDLE_NAMES})


def _placed(name: str, qubits: Sequence[int], angles: Sequence[float]) -> Piece:
    if name in _TABLE:
        return Piece((Operation(_TABLE[name], tuple(qubits), *angles),))
    return _OTHERS[name][2](*qubits, *angles)


def _u3(q: int, theta: float, phi: float, lam: float) -> Piece:
    return one_qubit(q, (phi + lam) / 2, phi, theta, lam)


def _rphi(q: int, theta: float, phi: float) -> Piece:
    """A rotation about the axis (cos phi, sin phi, 0)."""
    return one_qubit(q, 0.0, phi - _QUARTER, theta, _QUARTER - phi)


def _ryy(a: int, b: int, theta: float) -> Piece:
    return _turned("rx", (a, b), "rzz", (a, b), theta)


def _turned(turn: str, turned: Sequence[int], name: str, qubits: Sequence[int], t: float) -> Piece:
    """A joint rotation between quarter turns of some qubits."""
    before = Piece(tuple(Operation(turn, (q,), -_QUARTER) for q in turned))
    after = Piece(tuple(Operation(turn, (q,), _QUARTER) for q in turned))
    return before + Piece((Operation(name, tuple(qubits), t),)) + after


def _exchange(a: int, b: int, angle: float) -> Piece:
    """``exp(i angle (XX + YY) / 2)``."""
    return Piece((Operation("rxx", (a, b), -angle),)) + _ryy(a, b, -angle)


_OTHERS: dict[str, tuple[int, int, Callable[..., Piece]]] = {
    "X1": (1, 0, lambda q: Piece((Operation("rx", (q,), _QUARTER),))),
    "Y1": (1, 0, lambda q: Piece((Operation("ry", (q,), _QUARTER),))),
    "Z1": (1, 0, lambda q: Piece((Operation("rz", (q,), _QUARTER),))),
    "P": (1, 1, phase_gate),
    "U1": (1, 1, phase_gate),
    "U2": (1, 2, lambda q, phi, lam: _u3(q, _QUARTER, phi, lam)),
    "U3": (1, 3, _u3),
    "U4": (1, 4, one_qubit),
    "RPhi": (1, 2, _rphi),
    "RPHI": (1, 2, _rphi),
    "CR": (2, 1, lambda c, q, t: controlled(phase_gate(q, t), c)),
    "CP": (2, 1, lambda c, q, t: controlled(phase_gate(q, t), c)),
    "CU": (2, 4, lambda c, q, *four: controlled(one_qubit(q, *four), c)),
    "RYY": (2, 1, _ryy),
    "RZX": (2, 1, lambda a, b, t: _turned("ry", (b,), "rzz", (a, b), t)),
    "ISWAP": (2, 0, lambda a, b: _exchange(a, b, _QUARTER)),
    "SQISWAP": (2, 0, lambda a, b: _exchange(a, b, _QUARTER / 2)),
    "TOFFOLI": (3, 0, lambda c, a, b: controlled(Piece((Operation("cx", (a, b)),)), c)),
}
"""Name in OriginIR -> qubits, angles, and how it is made."""
